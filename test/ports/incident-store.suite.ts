import { expect, test } from 'vitest'
import type { IncidentStore } from '../../shared/contracts/ports.ts'

const ARN = 'arn:aws:cloudwatch:eu-central-1:111122223333:alarm:bucketwatch-prod-x'

/** What every IncidentStore does. */
export function incidentStoreSuite(create: () => IncidentStore): void {
  test('remembers since when an alarm is on', async () => {
    const store = create()
    expect(await store.find(ARN)).toBeUndefined()
    await store.open(ARN, 1000)
    expect(await store.find(ARN)).toBe(1000)
    expect(await store.find(`${ARN}y`)).toBeUndefined()
    await store.open(ARN, 2000)
    expect(await store.find(ARN)).toBe(2000)
  })

  test('forgets it when the alarm is over, unless it went on again', async () => {
    const store = create()
    await store.open(ARN, 1000)
    await store.close(ARN, 999)
    expect(await store.find(ARN)).toBe(1000)
    await store.close(ARN, 1000)
    expect(await store.find(ARN)).toBeUndefined()
    await store.close(ARN, 1000)
  })
}
