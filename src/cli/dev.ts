/** `tinytwin dev`: an app in real time against a local hub over loopback TLS, live. */

import { buildApp, findApp, type BuiltApp } from '../build/index.js'
import type { Engine } from '../sim/index.js'
import type { Command, Invocation } from './command.js'
import { keyActions, type KeyAction } from './dev_keys.js'
import { panelLines, redraw } from './dev_panel.js'
import { eventText, type DevEvent } from './dev_report.js'
import { DevSession } from './dev_session.js'
import { ended, realSpan } from './ending.js'
import { startLocalHub } from './local_hub.js'
import { progressOf } from './progress.js'

const hubAddress = '127.0.0.1'
const hubName = 'localhost'
const refreshMs = 200

export const devCommand: Command = {
  name: 'dev',
  summary: 'Runs an app in real time against a local hub over TLS, with a live view.',
  doc: 'Starts a local hub on loopback, creates a device there, and runs the app on the device runtime in real time, connected over verified TLS. On a terminal there is a live view with keys; a changed source is built and started anew. Ctrl-C stops all of it.',
  arguments: [{ name: 'APP', doc: 'A name (see: tinytwin apps), or the path of a .ts file or of a folder with an index.ts.' }],
  options: [
    { name: 'for', value: 'DURATION', doc: 'Stop by itself after this time, such as 10s. Default: run until Ctrl-C.' },
    { name: 'board', value: 'BOARD', doc: 'A name (see: tinytwin boards), or the path of a board.json. Default: the one the app was written for.' },
    { name: 'engine', value: 'ENGINE', doc: 'What runs the Wasm: wasm3, as on the device, or v8. Default: wasm3.' },
    { name: 'device', value: 'ID', doc: 'The device id at the hub. Default: the name of the app.' },
    { name: 'port', value: 'PORT', doc: 'TCP port of the hub; 0 takes a free one. Default: 0.' },
    { name: 'data', value: 'DIR', doc: 'Folder of the hub (identities, twins, certificate authority) and of the device\'s flash. Default: .tinytwin/dev.' },
    { name: 'erase', doc: 'Start the device with an erased flash, as a new one.' },
  ],
  examples: [
    ['dev coffee-machine', 'What npm start runs.'],
    ['dev coffee-machine --for 20s --json', 'For a script: lines such as {"type":"telemetry",…}.'],
  ],
  run: async (invocation) => {
    const { args, terminal } = invocation
    const forMs = realSpan(args)
    const engine = args.choice<Engine>('engine', ['wasm3', 'v8']) ?? 'wasm3'
    const port = args.whole('port', { min: 0, max: 65535 }) ?? 0
    const board = args.text('board')
    const { name, keys } = findApp(args.positionals[0] ?? '')
    const stopped = terminal.interruption()
    const progress = progressOf(terminal)
    const app = await buildApp({ app: args.positionals[0] ?? '', progress: progress.begin, ...(board === undefined ? {} : { board }) }).finally(progress.end)
    const local = await startLocalHub({ data: args.text('data') ?? '.tinytwin/dev', host: hubAddress, port, name: hubName })
    try {
      const deviceId = args.text('device') ?? name
      local.ensureDevice(deviceId)
      const quitting = new AbortController()
      const view = terminal.live && !args.json ? new LiveView(invocation, app) : undefined
      let failure: unknown
      const tell = (event: DevEvent): void => {
        if (view !== undefined) view.line(eventText(event))
        else terminal.print(args.json ? `${JSON.stringify(event)}\n` : `${eventText(event)}\n`)
      }
      tell({ type: 'ready', app: app.name, board: app.board.name, build: app.buildId, hub: `${hubName}:${local.listener.port}`, ca: local.caFile, device: deviceId })
      const session = new DevSession({
        app, engine, local, deviceId, tell, erase: args.flag('erase'),
        failed: (error) => {
          failure = error
          quitting.abort()
        },
      })
      try {
        session.watch()
        view?.begin(session, keyActions(session, keys, () => quitting.abort()))
        await ended(AbortSignal.any([stopped, quitting.signal]), forMs)
      } finally {
        session.close()
        view?.end()
      }
      if (failure !== undefined) throw failure
      tell({ type: 'stopped', telemetry: session.telemetry.count, seconds: session.seconds })
      view?.end()
    } finally {
      await local.close()
    }
    return 0
  },
}

/** The panel at the foot of the terminal, log lines scrolling above it. */
class LiveView {
  readonly #invocation: Invocation
  readonly #title: string
  readonly #lines: string[] = []
  #height = 0
  #drawing: { readonly session: DevSession, readonly actions: readonly KeyAction[], readonly timer: NodeJS.Timeout, readonly release: () => void } | undefined

  constructor(invocation: Invocation, app: BuiltApp) {
    this.#invocation = invocation
    this.#title = `${app.name} on ${app.board.name}`
  }

  line(text: string): void {
    const time = new Date().toTimeString().slice(0, 8)
    for (const line of text.split('\n')) this.#lines.push(`${time}  ${line}`)
  }

  begin(session: DevSession, actions: readonly KeyAction[]): void {
    const release = this.#invocation.terminal.keys?.((key) => {
      const action = actions.find((candidate) => candidate.key === key)
      void action?.press()
    }) ?? (() => {})
    this.#drawing = { session, actions, release, timer: setInterval(() => this.#draw(), refreshMs) }
    this.#draw()
  }

  /** Takes the panel away and leaves the lines. */
  end(): void {
    if (this.#drawing !== undefined) {
      clearInterval(this.#drawing.timer)
      this.#drawing.release()
      this.#drawing = undefined
    }
    this.#invocation.terminal.print(redraw({ height: this.#height, lines: this.#lines.splice(0), panel: [] }))
    this.#height = 0
  }

  #draw(): void {
    if (this.#drawing === undefined) return
    const { terminal } = this.#invocation
    const { session, actions } = this.#drawing
    const { columns } = terminal.size()
    const { desired, reported } = session.twin
    const panel = panelLines({
      title: this.#title, uptimeS: session.seconds, connection: session.connection, safeMode: session.safeMode,
      pins: session.pins, parts: session.parts, telemetry: session.telemetry,
      desired: JSON.stringify(desired), reported: JSON.stringify(reported),
      keys: terminal.keys === undefined ? [['Ctrl-C', 'stop']] : actions.map(({ key, title }) => [key, title] as const),
    }, columns)
    terminal.print(redraw({ height: this.#height, lines: this.#lines.splice(0), panel }))
    this.#height = panel.length
  }
}
