/** How often the alarms go off over what `npm start` has delivered: as they are, and on the bare metrics. */
import { createSimulation, type StateChange } from '../../shared/alarm/simulate.ts'
import { compileDetections, logGroupNames } from '../../shared/detection/compile.ts'
import { loadDetections, loadSettings } from '../../shared/files/detections.ts'
import { readLogEvents } from '../../shared/local/logs.ts'
import { createMetricFilter } from '../../shared/metric/filter.ts'

export interface AlarmCounts {
  readonly alarms: number
  /** Went off on nothing but records with which they had gone off before. */
  readonly echoes: number
  readonly changes: readonly StateChange[]
}

export async function sampleAlarms(isFilled: boolean): Promise<AlarmCounts> {
  const stage = 'samples'
  const detections = await loadDetections('infra/detections')
  const settings = await loadSettings('events/settings.json')
  const groups = logGroupNames(stage)
  const { rules } = compileDetections({ detections, settings, stage, logGroupNames: groups })
  const found = Object.values(groups).map(async (logGroupName) =>
    (await readLogEvents('.bucketwatch', logGroupName)).map((event) => ({ ...event, logGroupName })),
  )
  const events = (await Promise.all(found)).flat().sort((a, b) => a.timestamp - b.timestamp)
  const [start, end] = [events[0]!.timestamp, events.at(-1)!.timestamp]
  const simulation = createSimulation({
    alarms: rules.map(({ alarm: { fill, ...bare } }) => (isFilled && fill !== undefined ? { ...bare, fill } : bare)),
    filters: rules.flatMap(({ metricFilters }) => metricFilters.map(createMetricFilter)),
    start,
    evidenceLimit: 10_000,
  })
  const all: StateChange[] = []
  for (const event of events) {
    all.push(...simulation.advance(event.timestamp))
    simulation.ingest(event)
  }
  all.push(...simulation.advance(end + 120_000, true))
  // Of the time before the morning nothing is known: no silence.
  const changes = all.filter(
    ({ newState, breaching, timestamp }) =>
      newState === 'ALARM' && (breaching.length > 0 || timestamp > start + 3_600_000),
  )
  const newest = new Map<string, number>()
  let echoes = 0
  for (const { alarm, evidence } of changes) {
    // Silence.
    if (evidence.total === 0) continue
    const last = Math.max(...evidence.events.map(({ timestamp }) => timestamp))
    if (last <= (newest.get(alarm.alarmName) ?? Number.NEGATIVE_INFINITY)) echoes += 1
    newest.set(alarm.alarmName, last)
  }
  return { alarms: changes.length, echoes, changes }
}
