/** What board.json and chips/*.json hold once they match their schemas; no reading, no rules. */

export interface ChipFile {
  readonly name: string
  readonly title: string
  readonly core: string
  readonly clockMhz: number
  readonly fuelPerMs: number
  readonly ramBytes: number
  readonly systemRamBytes: number
  readonly flashEraseBytes: number
  readonly pins: readonly { readonly names: readonly string[], readonly can: readonly ChipFunction[] }[]
}

export type ChipFunction = 'output' | 'input' | 'analog' | 'pwm' | 'sda' | 'scl'

export type PinFile =
  | { readonly kind: 'output', readonly pin: string, readonly safe: 0 | 1 }
  | { readonly kind: 'input', readonly pin: string, readonly pull: 'up' | 'down' | 'none' }
  | { readonly kind: 'analog', readonly pin: string }
  | { readonly kind: 'pwm', readonly pin: string }
  | { readonly kind: 'i2c', readonly sda: string, readonly scl: string, readonly hz: number }

export interface MemoryFile {
  readonly guestBytes: number
  readonly guestStackBytes: number
  readonly telemetryBytes: number
  readonly replyBytes: number
  readonly reportBytes: number
  readonly inboxBytes: number
  readonly packetBytes: number
  readonly receiveBytes: number
}

export interface Partition {
  readonly name: string
  readonly use: 'boot' | 'settings' | 'state' | 'radio' | 'firmware' | 'keys' | 'app' | 'code' | 'store' | 'outbox'
  readonly atKib: number
  readonly kib: number
}

export interface NetworkFile {
  readonly kind: 'wifi' | 'ethernet' | 'modem' | 'host'
  readonly tls: { readonly receiveBytes: number, readonly sendBytes: number, readonly version?: '1.2' | '1.3' }
}

export interface FirmwareFile {
  readonly port: 'qemu_mps2'
  readonly vmBytes: number
  readonly tlsBytes: number
  readonly appStackBytes: number
  readonly linkStackBytes: number
}

export interface PartFile {
  readonly model: string
  readonly pins: Readonly<Record<string, string>>
  readonly parameters?: Readonly<Record<string, number>>
}

export interface BoardFile {
  readonly name: string
  readonly title: string
  readonly extends?: string
  readonly chip: string
  readonly proof: 'hardware' | 'emulator' | 'compiled' | 'simulated'
  readonly pins: Readonly<Record<string, PinFile>>
  readonly memory: MemoryFile
  readonly eventBudgetMs: number
  readonly flash: { readonly kib: number, readonly partitions: readonly Partition[] }
  readonly network: NetworkFile
  readonly firmware?: FirmwareFile
  readonly parts?: Readonly<Record<string, PartFile>>
}

