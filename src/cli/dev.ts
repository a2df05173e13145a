/** `tinytwin dev`: an app in real time against a local hub over loopback TLS, live. */

import { join } from 'node:path'
import { buildApp, findApp, type BuiltApp } from '../build/index.js'
import type { Hub } from '../hub/index.js'
import type { Engine, HubAddress } from '../sim/index.js'
import { CliError, type Arguments, type Command, type Invocation } from './command.js'
import { enrol, ways, type Way } from './dev_enrolment.js'
import { givenIdentity, identityOptions, type GivenIdentity } from './dev_identity.js'
import { keyActions, type KeyAction } from './dev_keys.js'
import { panelLines, redraw } from './dev_panel.js'
import { eventText, type DevEvent } from './dev_report.js'
import { DevSession } from './dev_session.js'
import { ended, realSpan } from './ending.js'
import { dataFolder, startLocalHub } from './local_hub.js'
import { progressOf } from './progress.js'

const hubAddress = '127.0.0.1'
const hubName = 'localhost'
const refreshMs = 200

export const devCommand: Command = {
  name: 'dev',
  summary: 'Runs an app in real time against a local hub over TLS, with a live view; or another hub.',
  doc: 'Starts a local hub on loopback, creates a device there, and runs the app on the device runtime in real time, connected over verified TLS. On a terminal there is a live view with keys; a changed source is built and started anew. Ctrl-C stops all of it. With --connection the device is one of another hub, such as Azure\'s.',
  arguments: [{ name: 'APP', doc: 'A name (see: tinytwin apps), or the path of a .ts file or of a folder with an index.ts.' }],
  options: [
    { name: 'for', value: 'DURATION', doc: 'Stop by itself after this time, such as 10s. Default: run until Ctrl-C.' },
    { name: 'board', value: 'BOARD', doc: 'A name (see: tinytwin boards), or the path of a board.json. Default: the one the app was written for.' },
    { name: 'engine', value: 'ENGINE', doc: 'What runs the Wasm: wasm3, as on the device, or v8. Default: wasm3.' },
    { name: 'device', value: 'ID', doc: 'The device id at the hub. Default: the name of the app.' },
    { name: 'auth', value: 'WAY', doc: 'How the local hub knows the device: sas, by its key; x509, by a certificate made for this run; dps, by the local DPS, as one of a group with a derived key. Changes the device to it. Default: by its key.' },
    ...identityOptions,
    { name: 'port', value: 'PORT', doc: 'TCP port of the hub; 0 takes a free one. Default: 0.' },
    { name: 'data', value: 'DIR', doc: 'Folder of the hub (identities, twins, certificate authority) and of the device\'s flash. Default: .tinytwin/dev.' },
    { name: 'erase', doc: 'Start the device with an erased flash, as a new one.' },
  ],
  examples: [
    ['dev coffee-machine', 'What npm start runs.'],
    ['dev coffee-machine --auth x509', 'The same device with a certificate.'],
    ['dev coffee-machine --connection @device.txt', 'As a device of Azure IoT Hub.'],
    ['dev coffee-machine --for 20s --json', 'For a script: lines such as {"type":"telemetry",…}.'],
  ],
  run: async (invocation) => {
    const { args, terminal } = invocation
    const forMs = realSpan(args)
    const engine = args.choice<Engine>('engine', ['wasm3', 'v8']) ?? 'wasm3'
    args.whole('port', { min: 0, max: 65535 })
    args.choice('auth', ways)
    const given = givenIdentity(args)
    const board = args.text('board')
    const { name, keys } = findApp(args.positionals[0] ?? '')
    const stopped = terminal.interruption()
    const progress = progressOf(terminal)
    const app = await buildApp({ app: args.positionals[0] ?? '', progress: progress.begin, ...(board === undefined ? {} : { board }) }).finally(progress.end)
    const place = await (given === undefined ? localPlace(args, name) : givenPlace(given, args))
    try {
      const { deviceId } = place
      const quitting = new AbortController()
      const view = terminal.live && !args.json ? new LiveView(invocation, app) : undefined
      let failure: unknown
      const tell = (event: DevEvent): void => {
        if (view !== undefined) view.line(eventText(event))
        else terminal.print(args.json ? `${JSON.stringify(event)}\n` : `${eventText(event)}\n`)
      }
      const session = new DevSession({
        app, engine, address: place.address, hub: place.hub, flashFile: place.flashFile, deviceId, tell, erase: args.flag('erase'),
        failed: (error) => {
          failure = error
          quitting.abort()
        },
      })
      tell({ type: 'ready', app: app.name, board: app.board.name, build: app.buildId, hub: place.where, ca: place.ca, device: deviceId, auth: place.auth })
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
      await place.close()
    }
    return 0
  },
}

/** Where the device lives in this run. */
interface Place {
  readonly address: HubAddress
  readonly hub: Hub | undefined
  readonly deviceId: string
  readonly where: string
  readonly ca: string
  readonly auth: Way | 'given'
  readonly flashFile: string
  readonly close: () => Promise<void>
}

const defaultData = '.tinytwin/dev'

async function localPlace(args: Arguments, name: string): Promise<Place> {
  const port = args.whole('port', { min: 0, max: 65535 }) ?? 0
  const local = await startLocalHub({ data: args.text('data') ?? defaultData, host: hubAddress, port, name: hubName })
  try {
    const deviceId = args.text('device') ?? name
    const way = args.choice('auth', ways)
    const { hub: address, close } = await enrol(local, deviceId, way)
    return {
      address, deviceId, hub: local.hub, auth: way ?? 'sas', ca: local.caFile,
      where: `${hubName}:${local.listener.port}`,
      flashFile: join(local.data, 'devices', `${encodeURIComponent(deviceId)}.flash`),
      close: async () => {
        await close()
        await local.close()
      },
    }
  } catch (error) {
    await local.close()
    throw error
  }
}

function givenPlace({ hub: address, deviceId, where, ca }: GivenIdentity, args: Arguments): Promise<Place> {
  const wrong = ['auth', 'port', 'device'].find((option) => args.text(option) !== undefined)
  if (wrong !== undefined) throw new CliError(`--${wrong} is of the local hub; the connection string says all of another`)
  const data = dataFolder(args.text('data') ?? defaultData)
  const flashFile = join(data, 'elsewhere', `${encodeURIComponent(`${where}/${deviceId}`)}.flash`)
  return Promise.resolve({ address, deviceId, where, ca, flashFile, hub: undefined, auth: 'given', close: () => Promise.resolve() })
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
    const { desired, reported } = session.twin ?? {}
    const panel = panelLines({
      title: this.#title, uptimeS: session.seconds, connection: session.connection, safeMode: session.safeMode,
      pins: session.pins, parts: session.parts, telemetry: session.telemetry,
      desired: words(desired), reported: words(reported),
      keys: terminal.keys === undefined ? [['Ctrl-C', 'stop']] : actions.map(({ key, title }) => [key, title] as const),
    }, columns)
    terminal.print(redraw({ height: this.#height, lines: this.#lines.splice(0), panel }))
    this.#height = panel.length
  }
}

const words = (value: object | undefined): string => value === undefined ? 'at the hub' : JSON.stringify(value)
