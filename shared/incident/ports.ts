import type { Finding } from './finding.ts'
import type { Hit } from './hit.ts'

/** Takes hits, each at least once; ids tell repetitions. Throws a BucketwatchError: then the object's message fails. */
export interface HitSink {
  put(hits: readonly Hit[]): Promise<void>
}

/** Where people are told. Throws BucketwatchErrors TARGET_*; each target is tried again by itself. */
export interface FindingTarget {
  readonly name: string
  /** @param text the finding as the one renderer writes it, when it is asked for. */
  send(finding: Finding, text: { readonly subject: string; readonly text: string }): Promise<void>
}

/** A secret that somebody else keeps, such as the URL of a webhook. Throws a BucketwatchError TARGET_SECRET. */
export interface SecretSource {
  /** The value; read once, and kept. */
  get(): Promise<string>
  /** The value as it is now: it may have been replaced. */
  refresh(): Promise<string>
}
