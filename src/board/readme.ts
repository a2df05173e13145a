/** The README's tables that are made of data: what an app can ask of its device, and what has been seen of each board. */

import { capabilities } from '../abi/abi.js'
import { boardNames, loadBoard } from './board.js'
import { ramBytes } from './budget.js'
import { outboxHours } from './page.js'

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')
}

const regions: Readonly<Record<string, () => string>> = {
  capabilities: () => tableOf(['capability', 'a board needs', 'calls', 'what it is'], capabilities.map(({ name, needs, calls, doc }) => [
    `\`${name}\``,
    needs.length === 0 ? 'nothing' : name === 'upload' ? '`uploadBytes` of memory' : name === 'files' ? 'a partition of use files' : `a pin of kind ${needs.join(' or ')}`,
    calls.map((call) => `\`${call.name}\``).join(' '),
    doc,
  ])),
  boards: () => tableOf(['board', 'chip', 'proof', 'network', 'memory of the app', 'RAM budget', 'outbox on flash'], boardNames().map(loadBoard).map((board) => [
    `\`${board.name}\``,
    board.chip.title,
    board.proof,
    board.network.kind,
    `${board.memory.guestBytes.toLocaleString('en')} B`,
    `${Math.ceil(ramBytes(board, board.chip) / 1024)} of ${board.chip.ramBytes / 1024} KiB`,
    outboxHours(board) === 0 ? 'none' : `${outboxHours(board).toLocaleString('en')} h`,
  ])),
}

/** The README with each region between `<!-- name -->` and `<!-- /name -->` made anew. Throws when one is missing. */
export function readmeWithTables(readme: string): string {
  return Object.entries(regions).reduce((text, [name, table]) => {
    const region = new RegExp(`<!-- ${name} -->\n[^]*?<!-- /${name} -->`)
    if (!region.test(text)) throw new Error(`README.md has no region <!-- ${name} --> … <!-- /${name} -->. Put it back`)
    return text.replace(region, () => `<!-- ${name} -->\n${table()}\n<!-- /${name} -->`)
  }, readme)
}
