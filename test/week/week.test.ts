/** The ordinary week: nothing of it is lost, and hardly anything of it is told. */
import { beforeAll, describe, expect, test } from 'vitest'
import { EMPTY_SETTINGS } from '../../shared/detection/settings.ts'
import { loadDetections } from '../../shared/files/detections.ts'
import { isSerious, PAGE, pageWith, worstDay } from './figures.ts'
import { weekObjects } from './objects.ts'
import { runWeek, type WeekResult } from './run.ts'

const detections = await loadDetections('infra/detections')

describe('out of the box', () => {
  let week: WeekResult
  beforeAll(async () => {
    week = await runWeek({ objects: weekObjects(), detections, settings: EMPTY_SETTINGS })
  })

  test('every record arrives', () => {
    expect(week.records).toBeGreaterThan(200_000)
    expect(week.lost).toBe(0)
  })

  test('people hear of one incident of medium severity or more a day', () => {
    const serious = week.incidents.filter(isSerious)
    expect(serious.length).toBeGreaterThan(0)
    expect(serious.length).toBeLessThanOrEqual(7)
    expect(worstDay(serious.map(({ openedAt }) => openedAt))).toBeLessThanOrEqual(2)
  })

  test('the figures stand in the docs', async () => {
    await expect(pageWith({ 'out of the box': week })).toMatchFileSnapshot(`../../${PAGE}`)
  })
})

describe('the generator', () => {
  test('makes the same objects of the same seed, in the order of their delivery', () => {
    const keys = (seed: number) => [...weekObjects({ seed, days: 1 })].map(({ key }) => key)
    expect(keys(5)).toEqual(keys(5))
    expect(keys(5)).not.toEqual(keys(6))
    const times = [...weekObjects({ days: 2 })].map(({ deliveredAt }) => deliveredAt)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
  })
})
