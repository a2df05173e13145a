/** What board.json and chips/*.json hold once they match their schemas; no reading, no rules. */

export interface ChipFile {
  readonly name: string
  readonly title: string
  readonly core: 'cortex-m3' | 'cortex-m4' | 'cortex-m7' | 'rv32imc' | 'rv32imac' | 'xtensa-lx6' | 'xtensa-lx7' | 'host'
  readonly fpu?: 'fpv4-sp-d16' | 'fpv5-sp-d16' | 'fpv5-d16'
  readonly clockMhz: number
  readonly fuelPerMs: number
  readonly ramBytes: number
  readonly systemRamBytes: number
  readonly regions?: readonly { readonly name: string, readonly address: string, readonly bytes: number, readonly dma: boolean }[]
  readonly flashAddress?: string
  readonly flashEraseBytes: number
  readonly flashSectors?: readonly { readonly count: number, readonly kib: number }[]
  readonly flashProgramBytes: number
  readonly esp?: { readonly target: 'esp32' | 'esp32s3' | 'esp32c3' | 'esp32c6', readonly bootOffset: number }
  readonly wifiTakes?: readonly string[]
  readonly unverified?: string
  readonly pins: readonly { readonly names: readonly string[], readonly can: readonly ChipFunction[], readonly pulls: boolean }[]
  readonly signals?: Readonly<Record<string, readonly string[]>>
  readonly notes?: Readonly<Record<string, string>>
}

export type ChipFunction = 'output' | 'input' | 'analog' | 'pwm' | 'sda' | 'scl' | 'tx' | 'rx'

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
  readonly uploadBytes: number
}

export interface Partition {
  readonly name: string
  readonly use: 'boot' | 'table' | 'nvs' | 'settings' | 'state' | 'radio' | 'firmware' | 'keys' | 'trust' | 'app' | 'code' | 'store' | 'outbox' | 'files'
  readonly atKib: number
  readonly kib: number
}

export type FlashTool = 'esptool' | 'st-flash' | 'openocd' | 'dfu-util' | 'stm32flash' | 'qemu'

export interface FlashFile {
  readonly kib: number
  readonly tools?: readonly FlashTool[]
  readonly openocd?: string
  readonly partitions: readonly Partition[]
}

export interface ModemFile {
  readonly commands: 'esp-at'
  readonly tx: string
  readonly rx: string
  readonly reset?: string
  readonly baud: number
}

export type RmiiSignal = 'refClk' | 'mdio' | 'mdc' | 'crsDv' | 'rxd0' | 'rxd1' | 'txEn' | 'txd0' | 'txd1'

export interface EthernetFile {
  readonly phy: 'lan8720' | 'lan8742' | 'ip101' | 'rtl8201'
  readonly address: number
  readonly power?: string
  readonly pins: Readonly<Record<RmiiSignal, string>>
}

export interface NetworkFile {
  readonly kind: 'wifi' | 'ethernet' | 'modem' | 'host' | 'none'
  readonly modem?: ModemFile
  readonly ethernet?: EthernetFile
  /** All if not given. */
  readonly identity?: readonly ('certificate' | 'dps' | 'trust')[]
  readonly tls: { readonly receiveBytes: number, readonly sendBytes: number, readonly connections: 1 | 2, readonly version?: '1.2' | '1.3' }
}

export interface ConsoleFile {
  readonly tx: string
  readonly rx: string
  readonly baud: number
}

export interface FirmwareFile {
  readonly port: 'qemu_mps2' | 'qemu_rv32' | 'qemu_stm32' | 'stm32' | 'esp_idf'
  readonly float: 'soft' | 'hard'
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
  readonly aliases?: Readonly<Record<string, string>>
  readonly memory: MemoryFile
  readonly eventBudgetMs: number
  readonly flash: FlashFile
  readonly network: NetworkFile
  readonly console?: ConsoleFile
  readonly oscillator?: { readonly mhz: number, readonly bypass: boolean }
  readonly firmware?: FirmwareFile
  readonly parts?: Readonly<Record<string, PartFile>>
}
