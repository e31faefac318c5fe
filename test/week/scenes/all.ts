import type { Scene } from '../script.ts'
import { deployments, terraform } from './changes.ts'
import { controlTower, deliveries, posture, storage } from './deliveries.ts'
import { lake, plumbing } from './lake.ts'
import { signedIn, users } from './people.ts'
import { ownStack, previews } from './previews.ts'
import { delivery, downloads, partner, scanners, website } from './public.ts'
import { backup, config, macie } from './services.ts'
import { application, cluster } from './workloads.ts'

/** All that goes on in an ordinary hour. */
const SCENES: readonly Scene[] = [
  ...[application, cluster, lake, plumbing],
  ...[config, macie, backup, storage, deliveries, controlTower, posture],
  ...[website, scanners, downloads, delivery, partner],
  ...[deployments, terraform, previews, ownStack],
  ...[signedIn, users],
]

export const playHour: Scene = (hour, script, random) => {
  for (const scene of SCENES) scene(hour, script, random)
}
