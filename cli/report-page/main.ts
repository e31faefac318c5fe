import type { PageModel } from '../../shared/report/html.ts'
import { coverageView } from './coverage.ts'
import { get } from './dom.ts'
import { drawFilters } from './filters.ts'
import { footnotes } from './footnotes.ts'
import { incidentsView, titleView } from './incidents.ts'
import { matrixView } from './matrix.ts'
import { recordsView } from './records.ts'
import { rulesView } from './rules.ts'
import { setUpTheme } from './theme.ts'
import { timelineView } from './timeline.ts'
import { topsView } from './tops.ts'
import { trafficView } from './traffic.ts'

const model = JSON.parse(get('model').textContent ?? '{}') as PageModel
const { replay } = model

setUpTheme(get<HTMLButtonElement>('theme'))
document.title = `${titleView(get('title'), replay)} · bucketwatch report`

const records = recordsView(replay, model.rows)
const [timeline, incidents, matrix, tops, rules, traffic] = [
  timelineView(replay),
  incidentsView(replay, records.counts),
  matrixView(replay),
  topsView(replay),
  rulesView(replay),
  trafficView(replay),
]
// Of a quiet time the traffic itself is what there is to see.
const order =
  replay.incidents.length > 0
    ? [timeline, incidents, records.node, matrix, tops, rules, traffic]
    : [timeline, traffic, incidents, matrix, tops, rules, records.node]
if (model.coverage !== undefined) order.push(coverageView(model.coverage))
get('main').append(...order)
get('footer').append(...footnotes(model))

for (const node of order) {
  const title = node.querySelector('h2')?.textContent ?? ''
  const link = document.createElement('a')
  link.href = `#${node.id}`
  link.textContent = title
  const item = document.createElement('li')
  item.append(link)
  get('contents').append(item)
}
drawFilters(get('filters'), replay)
