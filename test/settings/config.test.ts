import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { BucketwatchError } from '../../shared/contracts/errors.ts'
import { CONFIG_VARIABLES, readConfig } from '../../shared/settings/config.ts'
import { DEFAULT_CONFIG } from '../../shared/settings/defaults.ts'

function problems(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env)
  } catch (error) {
    expect(error).toBeInstanceOf(BucketwatchError)
    expect((error as BucketwatchError).code).toBe('CONFIG_INVALID')
    return (error as BucketwatchError).details.problems as string[]
  }
  return []
}

describe('readConfig', () => {
  it('has a default for everything', () => {
    const config = readConfig({})
    expect(config.logGroupPrefix).toBe('/bucketwatch/dev')
    expect(config.detail).toBe('lean')
    expect(config.timestamp).toBe('processing')
    expect(config.capBytes).toBe(8192)
  })

  it('has the defaults that are known without reading anything', () => {
    expect(readConfig({})).toEqual(DEFAULT_CONFIG)
  })

  it('derives the log group prefix from the stage, unless it is given', () => {
    expect(readConfig({ BUCKETWATCH_STAGE: 'prod' }).logGroupPrefix).toBe('/bucketwatch/prod')
    expect(readConfig({ BUCKETWATCH_LOG_GROUP_PREFIX: '/security/s3/' }).logGroupPrefix).toBe('/security/s3')
  })

  it('reads lists, flags and numbers', () => {
    const config = readConfig({
      BUCKETWATCH_OWN_ROLES: ' a, b ,',
      BUCKETWATCH_EXCLUDE_READ_ONLY_DATA: 'true',
      BUCKETWATCH_MAX_IN_FLIGHT: '8',
    })
    expect(config.ownRoles).toEqual(['a', 'b'])
    expect(config.excludeReadOnlyData).toBe(true)
    expect(config.maxInFlight).toBe(8)
  })

  it('takes an empty value for "not set", and ignores other variables', () => {
    expect(readConfig({ BUCKETWATCH_DETAIL: '', PATH: '/bin' }).detail).toBe('lean')
  })

  it('reports every problem at once, with the value and what was expected', () => {
    const found = problems({
      BUCKETWATCH_DETAIL: 'medium',
      BUCKETWATCH_MAX_IN_FLIGHT: '0',
      BUCKETWATCH_CAP_BYTES: '8k',
      BUCKETWATCH_STGE: 'prod',
    })
    expect(found).toHaveLength(4)
    expect(found.join('\n')).toContain('BUCKETWATCH_DETAIL: expected lean or full, got "medium"')
    expect(found.join('\n')).toContain('BUCKETWATCH_MAX_IN_FLIGHT: expected a whole number from 1 to 64, got "0"')
    expect(found.join('\n')).toContain('BUCKETWATCH_CAP_BYTES: expected a whole number')
    expect(found.join('\n')).toContain('BUCKETWATCH_STGE: no such variable (did you mean BUCKETWATCH_STAGE?)')
  })

  it('is documented, variable by variable', () => {
    const text = readFileSync('docs/configuration.md', 'utf8')
    const documented = [...text.matchAll(/^\| `(BUCKETWATCH_[A-Z_]+)`/gm)].map((match) => match[1])
    expect(documented).toEqual(CONFIG_VARIABLES)
  })
})
