/** What is looked at just now, in words, and the way out. */
import { principalName } from '../../shared/incident/actor-name.ts'
import type { ReplayModel } from '../../shared/replay/model.ts'
import { span } from '../../shared/report/words.ts'
import { button, el } from './dom.ts'
import { change, follow, type View } from './state.ts'

export function drawFilters(into: HTMLElement, model: ReplayModel): void {
  follow((view) => {
    const chips = chipsOf(view, model)
    into.hidden = chips.length === 0
    into.replaceChildren(
      ...(chips.length === 0 ? [] : [el('span', {}, 'Only'), ...chips]),
      ...(chips.length > 1 ? [button('Clear all', () => change(NOTHING))] : []),
    )
  })
}

const NOTHING: View = { from: undefined, to: undefined, incidentId: undefined, rule: undefined, text: undefined }

function chipsOf(view: View, model: ReplayModel): HTMLElement[] {
  const chips: HTMLElement[] = []
  const add = (what: string, without: View): void => {
    chips.push(button(`${what} ×`, () => change(without), { class: 'chip', 'aria-label': `No longer only ${what}` }))
  }
  if (view.from !== undefined && view.to !== undefined)
    add(`${span(view.from, view.to)} UTC`, { from: undefined, to: undefined })
  const incident = model.incidents.find(({ finding }) => finding.incidentId === view.incidentId)
  if (incident !== undefined) add(`the incident of ${principalName(incident.finding)}`, { incidentId: undefined })
  if (view.rule !== undefined) add(`rule ${view.rule}`, { rule: undefined })
  return chips
}
