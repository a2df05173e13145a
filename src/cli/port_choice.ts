/** Which port a command speaks to: the one that was named, the only one there is, or the one a person picks. */

import type { FoundPort } from '../flash/index.js'
import { CliError } from './command.js'
import { visible, type Terminal } from './terminal.js'

/** Throws CliError when there is none, or several and nobody to ask. */
export async function choosePort(named: string | undefined, ports: readonly FoundPort[], terminal: Terminal): Promise<string> {
  if (named !== undefined) return named
  const [first, second] = ports
  if (first === undefined) {
    throw new CliError('no board is plugged in: there is no USB serial port on this computer. Plug it in with a cable that carries data, or name a port with --port (such as /dev/ttyS0 or socket://HOST:PORT)')
  }
  if (second === undefined) {
    terminal.say(`port ${first.path}${first.title === '' ? '' : ` (${visible(first.title)})`}\n`)
    return first.path
  }
  const rows = ports.map(({ path, title }, index) => `  ${index + 1}  ${path}${title === '' ? '' : `  ${visible(title)}`}`)
  const { keys } = terminal
  if (keys === undefined || !terminal.attended || ports.length > 9) throw new CliError(`there are ${ports.length} ports; choose one with --port:\n${rows.join('\n')}`)
  terminal.say(`which port?\n${rows.join('\n')}\npress 1 to ${ports.length}, q to leave: `)
  const picked = await new Promise<FoundPort | undefined>((resolve) => {
    const stop = keys((key) => {
      const found = ports[Number(key) - 1]
      if (found === undefined && key !== 'q') return
      stop()
      resolve(found)
    })
    terminal.interruption().addEventListener('abort', () => {
      stop()
      resolve(undefined)
    }, { once: true })
  })
  terminal.say(`${picked?.path ?? ''}\n`)
  if (picked === undefined) throw new CliError('no port was chosen. Nothing was written')
  return picked.path
}
