/** How far a replay is. */
import type { ReplayObject } from '../shared/replay/unit.ts'
import type { Io } from './io.ts'
import { bytes, count, duration } from './render.ts'

/** How far a replay is: bytes of objects that are merged, records a second, time left. */
export function createUnitProgress(objects: readonly ReplayObject[], io: Io) {
  const total = objects.reduce((sum, { size }) => sum + size, 0)
  const start = performance.now()
  let done = 0
  return {
    unit(
      unit: readonly ReplayObject[],
      sum: { readonly kinds: Readonly<Record<string, { readonly records: number }>> },
    ): void {
      done += unit.reduce((bytesOf, { size }) => bytesOf + size, 0)
      const seconds = (performance.now() - start) / 1000
      const records = Object.values(sum.kinds).reduce((all, of) => all + of.records, 0)
      const rate = seconds > 1 ? `, ${count(Math.round(records / seconds))} records/s` : ''
      const left = seconds > 1 && done > 0 ? `, ${duration((seconds * (total - done)) / done)} left` : ''
      io.progress(`${bytes(done)} of ${bytes(total)}, ${count(records)} records${rate}${left}`)
    },
    end: () => io.progress(''),
  }
}
