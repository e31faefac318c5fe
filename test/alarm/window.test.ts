import { describe, expect, it } from 'vitest'
import { createWallClock, slidingPeriods, WALL_CLOCK_PERIODS, wallClockPeriods } from '../../shared/alarm/window.ts'

const HOUR = 3_600_000
const iso = (time: number): string => new Date(time).toISOString().replace(':00.000Z', 'Z')
const startOf = (period: number, zone: string | undefined, time: string): string =>
  iso(createWallClock(period, zone).startOf(Date.parse(time)))

describe('wall-clock windows', () => {
  it.each([
    // period, zone, instant, start of its period
    [60, undefined, '2026-11-25T09:05:59Z', '2026-11-25T09:05Z'],
    [300, 'UTC', '2026-11-25T09:09:59Z', '2026-11-25T09:05Z'],
    [3600, 'UTC', '2026-11-25T09:59:59Z', '2026-11-25T09:00Z'],
    [3600, '+05:30', '2026-11-25T09:59:59Z', '2026-11-25T09:30Z'],
    [3600, 'Asia/Kolkata', '2026-11-25T09:29:59Z', '2026-11-25T08:30Z'],
    [300, 'UTC+05:45', '2026-11-25T09:04:00Z', '2026-11-25T09:00Z'],
    [86_400, undefined, '2026-11-25T09:00:00Z', '2026-11-25T00:00Z'],
    [86_400, 'Europe/Berlin', '2026-11-25T22:59:59Z', '2026-11-24T23:00Z'],
    [86_400, 'Europe/Berlin', '2026-11-25T23:00:00Z', '2026-11-25T23:00Z'],
    [86_400, '-08:00', '2026-11-25T07:59:00Z', '2026-11-24T08:00Z'],
    // The days on which clocks change have 23 and 25 hours.
    [86_400, 'America/New_York', '2026-03-08T12:00:00Z', '2026-03-08T05:00Z'],
    [86_400, 'America/New_York', '2026-03-09T03:59:59Z', '2026-03-08T05:00Z'],
    [86_400, 'America/New_York', '2026-03-09T04:00:00Z', '2026-03-09T04:00Z'],
    [86_400, 'America/New_York', '2026-11-02T04:59:59Z', '2026-11-01T04:00Z'],
    [86_400, 'America/New_York', '2026-11-02T05:00:00Z', '2026-11-02T05:00Z'],
    // Midnight was skipped.
    [86_400, 'America/Sao_Paulo', '2018-11-04T12:00:00Z', '2018-11-04T03:00Z'],
    [86_400, 'America/Sao_Paulo', '2018-11-04T02:59:59Z', '2018-11-03T03:00Z'],
    // Weeks: 2026-11-23 is a Monday.
    [604_800, undefined, '2026-11-25T09:00:00Z', '2026-11-23T00:00Z'],
    [604_800, undefined, '2026-11-22T23:59:59Z', '2026-11-16T00:00Z'],
    [604_800, 'Europe/Berlin', '2026-10-26T12:00:00Z', '2026-10-25T23:00Z'],
    [604_800, 'Europe/Berlin', '2026-10-25T12:00:00Z', '2026-10-18T22:00Z'],
  ])('%i s in %s at %s begins at %s', (period, zone, time, start) => {
    expect(startOf(period, zone, time)).toBe(start)
  })

  it('periods follow each other without gap, whatever clocks do', () => {
    for (const zone of ['UTC', 'America/New_York', 'Australia/Lord_Howe', 'America/Sao_Paulo', '+12:45']) {
      for (const period of WALL_CLOCK_PERIODS.slice(2)) {
        const clock = createWallClock(period, zone)
        const periods = wallClockPeriods(clock, Date.parse('2026-12-01T00:00:00Z'), 300)
        expect(periods).toHaveLength(300)
        for (const [index, { start, end }] of periods.entries()) {
          expect(end).toBeGreaterThan(start)
          expect(periods[index + 1]?.start ?? end).toBe(end)
          expect(Math.abs(end - start - period * 1000)).toBeLessThanOrEqual(HOUR)
          expect(clock.startOf(end - 1)).toBe(start)
        }
      }
    }
  })

  it('only whole periods that have ended count', () => {
    const periods = wallClockPeriods(createWallClock(3600), Date.parse('2026-11-25T09:30:00Z'), 2)
    expect(periods.map(({ start, end }) => `${iso(start)} ${iso(end)}`)).toEqual([
      '2026-11-25T07:00Z 2026-11-25T08:00Z',
      '2026-11-25T08:00Z 2026-11-25T09:00Z',
    ])
    expect(slidingPeriods(300_000, 900_000, 2)).toEqual([
      { start: 300_000, end: 600_000 },
      { start: 600_000, end: 900_000 },
    ])
  })

  it.each([0, 120, 900, 21_600])('no period of %i seconds', (period) => {
    expect(() => createWallClock(period)).toThrow(/periods of 60, 300/)
  })

  it.each(['', 'Mars/Olympus', '+5', '+05:31', '+25:00', '05:30', 'UTC+'])('no time zone %j', (zone) => {
    if (zone === '+5') expect(createWallClock(3600, zone).startOf(0)).toBe(0)
    else expect(() => createWallClock(3600, zone)).toThrow(/time zone/)
  })
})
