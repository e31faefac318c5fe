/** Commands of the pages that test/docs/walk.test.ts does not run itself, and who does. */

/** A step of `.ci/run`, or a test by its file and its title. */
export type Proof = { readonly step: string } | { readonly file: string; readonly title: string }

const step = (command: string): Proof => ({ step: command })

export const COVERED: Readonly<Record<string, readonly Proof[]>> = {
  'npm ci': [step('npm ci')],
  'npm cit': [step('npm ci'), step('npm test')],
  'npm run check': [step('npm run check')],
  'npm test': [step('npm test')],
  'npm run test:package': [step('npm run test:package')],
  'npm run test:e2e': [step('npm run test:e2e')],
  'npm run test:pages': [step('npm run test:pages')],
  'npm run readme': [{ file: 'test/cli/start.test.ts', title: 'plays the sample morning' }],
  'npm start -- --watch DIR': [{ file: 'test/cli/start.test.ts', title: 'processes an object that is dropped in' }],
  'npm run -s cli -- report FILE --coverage coverage.json -o report.html': [
    { file: 'test/cli/commands/coverage.test.ts', title: 'as a section of a report' },
  ],
  'npm install bucketwatch': [{ file: 'test/package/package.test.ts', title: 'is small, and holds no tests' }],
  'npm install': [{ file: 'test/package/package.test.ts', title: 'is small, and holds no tests' }],
  'npm update bucketwatch': [{ file: 'test/package/package.test.ts', title: 'stays as it is with npm update' }],
  'npx bucketwatch package --stage prod': [
    { file: 'test/package/package.test.ts', title: 'makes a project whose stack is packaged' },
  ],
  [`npm run package -- --stage prod --region eu-west-1 \\
  --param="deploymentBucket=amzn-s3-demo-deploy" \\
  --param="cloudTrailBuckets=amzn-s3-demo-trail" \\
  --param="alertEmails=security@example.com"`]: [
    { file: 'test/infra/template.test.ts', title: 'infrastructure is as reviewed' },
    { file: 'test/package/package.test.ts', title: 'makes a project whose stack is packaged' },
  ],
}

/** Commands that take minutes, and the part of them that is run in their place. */
export const IN_PART: Readonly<Record<string, string>> = {
  'npm run bench': 'npm run bench -- --json FILE',
  'npm run mutate': 'npm run mutate -- --list',
  'npm run test:busy': 'npm run test:busy -- --list',
}
