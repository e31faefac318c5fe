/** What is looked at: one span, one incident; whoever shows something follows it. */

export interface View {
  /** ms since the epoch; absent: all. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly incidentId?: string | undefined
  readonly rule?: string | undefined
  readonly text?: string | undefined
}

type Follower = (view: View) => void

let current: View = {}
const followers: Follower[] = []
let waiting = 0

export const view = (): View => current

/** Changes some of it; followers hear of it once, when the hand rests. */
export function change(more: View): void {
  current = { ...current, ...more }
  window.clearTimeout(waiting)
  waiting = window.setTimeout(() => {
    for (const follower of followers) follower(current)
  }, 30)
}

export const follow = (follower: Follower): void => void followers.push(follower)
