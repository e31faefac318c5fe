/**
 * The rooms of shared/, from the lowest layer to the highest. A room may import the rooms of lower layers, and no other:
 * not its neighbours in the same layer, nothing above. biome.json has a rule for each layer that says so while one
 * writes; rooms.test.ts computes the whole graph. A new room gets its place here, in biome.json and in
 * docs/architecture.md: the test says what is missing.
 */
export const LAYERS: readonly (readonly string[])[] = [
  ['basics'],
  ['kinds'],
  ['contracts'],
  ['filter-pattern', 'insights', 'settings', 'notification', 'quarantine', 'derive'],
  ['metric', 'cloudtrail', 'access-log'],
  ['alarm', 'athena', 'compat', 'object', 'state'],
  ['detection', 'connect', 'backfill'],
  ['incident'],
  ['doctor', 'alert', 'forward', 'search'],
  ['sources', 'target', 'replay', 'ours'],
  ['report'],
  ['files'],
  ['aws', 'http', 'local'],
  ['lambda'],
]

/** The rooms that do what the others only think: they alone read and write. */
export const ADAPTERS = ['files', 'aws', 'http', 'local', 'lambda'] as const

/** What reads or writes, or waits for somebody who does. */
export const IO_MODULES = [
  '@aws-sdk/*',
  'node:child_process',
  'node:dgram',
  'node:dns',
  'node:dns/*',
  'node:fs',
  'node:fs/*',
  'node:http',
  'node:https',
  'node:http2',
  'node:tls',
] as const

/** What keeps the layers apart in the editor: one override of biome.json for each layer. */
export function biomeOverrides(): unknown[] {
  return LAYERS.map((rooms, index) => {
    const closed = LAYERS.slice(index).flat()
    const pure = rooms.filter((room) => !ADAPTERS.includes(room as never)).length > 0
    return {
      includes: rooms.map((room) => `shared/${room}/**`),
      linter: {
        rules: {
          style: {
            noRestrictedImports: {
              level: 'error',
              options: {
                patterns: [
                  {
                    group: closed.map((room) => `../${room}/*`),
                    message: 'Imports run downwards only: see test/layering/rooms.ts.',
                  },
                  ...(pure
                    ? [
                        {
                          group: IO_MODULES,
                          message:
                            'Only shared/files, shared/aws, shared/http and shared/local read and write: take a port instead.',
                        },
                      ]
                    : []),
                ],
              },
            },
          },
        },
      },
    }
  })
}
