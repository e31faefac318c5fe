/** Who of the function instances may keep how much to itself. */
import { errorMessage } from '../contracts/errors.ts'
import type { OperatorLog } from '../contracts/ports.ts'
import { StateError, type StateStore } from '../contracts/state.ts'

export interface Lease {
  /** Of what instances may keep to themselves beside their allowance, this one's part: from 0 to 1. */
  readonly share: number
  /** Asks for a part, or for the same one longer. Never throws: what cannot be had is 0. */
  ask(): Promise<void>
}

const MINUTE_MS = 60_000
const LEASE_MS = 60 * MINUTE_MS
/** So long before its end it is asked for anew, where it is needed. */
const AHEAD_MS = 5 * MINUTE_MS
/** What its holder has kept may belong to a window with what comes later. */
const GRACE_MS = 60 * MINUTE_MS
/** Nothing was left, or nothing could be read. */
const AGAIN_MS = 15 * MINUTE_MS
/** Of what is left, whoever comes first takes so much. */
const TAKEN = 0.8
/** Less is not worth a write. */
const LEAST = 1 / 64
const MAX_TRIES = 3

interface Holder {
  readonly id: string
  readonly share: number
  /** ms since the epoch. */
  readonly until: number
}

/** No part of anything. */
export const NO_LEASE: Lease = { share: 0, async ask() {} }

/**
 * Parts are given away in the state table, one write an hour. Alone, as an instance mostly is in an ordinary account, it
 * gets four fifths; those that come while it is there share what is left, and the parts never add up to more than one.
 *
 * @param options.name what the instances have in common: the kind of logs.
 * @example
 * const lease = createLease({ state, name: 'cloudtrail', instanceId, now, log }); await lease.ask(); lease.share // 0.8
 */
export function createLease(options: {
  readonly state: StateStore
  readonly name: string
  readonly instanceId: string
  readonly now: () => number
  readonly log: OperatorLog
}): Lease {
  const { state, name, instanceId, now, log } = options
  // No rule is called so; roles may write what begins so.
  const key = `count#/lease/${name}`
  let own: Holder = { id: instanceId, share: 0, until: 0 }
  let askAt = 0
  let asking: Promise<void> | undefined

  async function attempt(): Promise<void> {
    const item = await state.get(key)
    const rev = typeof item?.rev === 'number' ? item.rev : undefined
    const others = readHolders(item?.holders).filter(({ id, until }) => id !== instanceId && until + GRACE_MS > now())
    const free = 1 - others.reduce((sum, { share }) => sum + share, 0)
    const share = Math.floor((free * TAKEN) / LEAST) * LEAST
    if (share < LEAST) {
      askAt = now() + AGAIN_MS
      return
    }
    const next: Holder = { id: instanceId, share, until: now() + LEASE_MS }
    await state.write({
      key,
      set: { rev: (rev ?? 0) + 1, holders: writeHolders([...others, next]) },
      when: [rev === undefined ? { attribute: 'rev', is: 'absent' } : { attribute: 'rev', is: '=', value: rev }],
      expiresAt: next.until + GRACE_MS,
    })
    own = next
    askAt = next.until - AHEAD_MS
  }

  async function ask(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await attempt()
      } catch (error) {
        const isTaken = error instanceof StateError && error.failure === 'condition'
        if (isTaken && tries < MAX_TRIES) continue
        askAt = now() + AGAIN_MS
        if (!isTaken) log.warn('Nothing may be kept back: counts are shared at once.', { reason: errorMessage(error) })
        return
      }
    }
  }

  return {
    get share() {
      return now() < own.until ? own.share : 0
    },
    async ask() {
      if (now() < askAt) return
      asking ??= ask().finally(() => {
        asking = undefined
      })
      await asking
    },
  }
}

const writeHolders = (holders: readonly Holder[]): string =>
  holders.map(({ id, share, until }) => [share, until, id].join(' ')).join('\n')

function readHolders(text: unknown): Holder[] {
  if (typeof text !== 'string') return []
  return text.split('\n').flatMap((line) => {
    const [share = '', until = '', ...id] = line.split(' ')
    const holder = { id: id.join(' '), share: Number(share), until: Number(until) }
    return Number.isFinite(holder.share) && Number.isFinite(holder.until) ? [holder] : []
  })
}
