import type { Scene } from '../script.ts'
import { deployments, ownStack, previews, terraform } from './changes.ts'
import { signedIn, users } from './people.ts'
import { delivery, downloads, partner, scanners, website } from './public.ts'
import { backup, config, controlTower, deliveries, macie, posture, storage } from './services.ts'
import { application, cluster, lake, plumbing } from './workloads.ts'

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
