/** What becomes of a target that does not take findings, while the others do. */
import { expect, test } from 'vitest'
import { REFUSED_MESSAGE, UNTOLD_MESSAGE } from '../../shared/alert/tell.ts'
import { BucketwatchError, type ErrorCode } from '../../shared/contracts/errors.ts'
import type { FindingTarget } from '../../shared/incident/ports.ts'
import { call, HOUR, hit, MINUTE, memoryTarget, START, tellerOf, testClock } from '../incident/support.ts'
import { memoryLog } from './support.ts'

/** A target that fails with a code as long as the test says so. */
function codedTarget(name: string, code: ErrorCode): FindingTarget & { isDown: boolean; readonly events: string[] } {
  return {
    name,
    isDown: true,
    events: [],
    async send({ event }) {
      if (this.isDown) throw new BucketwatchError(code, 'told by the target')
      this.events.push(event)
    },
  }
}

test('a target that is down gets all of an incident later, in order, and the others wait for nothing', async () => {
  const clock = testClock()
  const pager = codedTarget('pagerduty', 'TARGET_UNAVAILABLE')
  const mail = memoryTarget('mail')
  const { teller, pass } = tellerOf({ targets: [pager, mail] }, clock)
  await teller.take([hit([call({ at: START })])])
  expect(mail.findings.map(({ event }) => event)).toEqual(['opened'])
  // Two hours of quiet: the incident is over while the pager is still down.
  await pass(START + 3 * HOUR)
  expect([mail.findings.map(({ event }) => event), pager.events]).toEqual([['opened', 'closed'], []])
  pager.isDown = false
  await pass(START + 6 * HOUR)
  // The other way round the pager would ring for something that is over, and never stop.
  expect(pager.events).toEqual(['opened', 'closed'])
  expect(mail.findings).toHaveLength(2)
})

test('what a target refuses for good is said once, and keeps nothing else from it', async () => {
  const clock = testClock()
  const log = memoryLog()
  const picky = codedTarget('slack', 'TARGET_REFUSED')
  const { teller, pass } = tellerOf({ targets: [picky], log }, clock)
  await teller.take([hit([call({ at: START })])])
  await pass(START + HOUR)
  expect(log.lines.filter((line) => line === `error ${REFUSED_MESSAGE}`)).toHaveLength(1)
  expect(log.lines.filter((line) => line === `error ${UNTOLD_MESSAGE}`)).toEqual([])
  picky.isDown = false
  await pass(START + 3 * HOUR)
  expect(picky.events).toEqual(['closed'])
})

test('what a target may yet take is said each time, less and less often', async () => {
  const clock = testClock()
  const log = memoryLog()
  const down = codedTarget('teams', 'TARGET_DENIED')
  const { teller, pass } = tellerOf({ targets: [down], log }, clock)
  await teller.take([hit([call({ at: START })])])
  await pass(START + 15 * MINUTE)
  const said = log.lines.filter((line) => line === `error ${UNTOLD_MESSAGE}`)
  // As many as the alarm on targets waits for.
  expect(said.length).toBeGreaterThanOrEqual(3)
  expect(said.length).toBeLessThanOrEqual(6)
})
