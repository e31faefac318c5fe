/** What a deployment knows about its surroundings, and how its rules are tuned. */
import type { Environment } from '../contracts/record.ts'
import { EMPTY_ENVIRONMENT } from '../contracts/record.ts'
import { DEFAULT_INCIDENT_SETTINGS, type IncidentSettings } from '../settings/incidents.ts'
import type { DetectionFile, Severity } from './schema.ts'

type Alarm = DetectionFile['alarm']

/** What is set for one rule. */
export interface RuleSettings {
  readonly enabled?: boolean | undefined
  readonly severity?: Severity | undefined
  readonly threshold?: number | undefined
  /** The count with which one entity hits, where the rule has one beside its alarm's. */
  readonly countThreshold?: number | undefined
  readonly periodSeconds?: number | undefined
  readonly evaluationPeriods?: number | undefined
  readonly datapointsToAlarm?: number | undefined
  readonly treatMissingData?: Alarm['treatMissingData'] | undefined
  /** Leave out records whose actor is one of these. */
  readonly allowActors: readonly string[]
  readonly allowBuckets: readonly string[]
  readonly allowTools: readonly string[]
  readonly allowAddresses: readonly string[]
  /** Leave out records whose address is in the settings' allowRanges. */
  readonly allowKnownRanges: boolean
}

/** Settings, checked: the environment for the normalizers, and the tuning for the rules. */
export interface Settings {
  readonly environment: Environment
  /** Pack → whether all its rules are on, or off. */
  readonly packs: Readonly<Record<string, boolean>>
  readonly rules: Readonly<Record<string, RuleSettings>>
  readonly incidents: IncidentSettings
}

/** Settings that say nothing: an empty environment, every rule as its file says. */
export const EMPTY_SETTINGS: Settings = {
  environment: EMPTY_ENVIRONMENT,
  packs: {},
  rules: {},
  incidents: DEFAULT_INCIDENT_SETTINGS,
}

/** The packs and rules that exist, so that settings for others can be told apart from typing errors. */
export interface KnownRules {
  readonly packs: readonly string[]
  readonly rules: readonly string[]
}
