/** The door of the simulator. */

export { toBeCompleteAndInOrder } from './complete.js'
export { Device, simulate, type CrashReport, type LogLine, type SimulateOptions, type Summary, type Telemetry, type TelemetryList } from './device.js'
export { parseSpan, type Span } from './duration.js'
export type { LogLevel, NoticeKind } from './events.js'
export type { Account } from './ledger.js'
export type { AppImage, Engine } from './machine.js'
export type { I2cDevice } from './pins.js'
export { RealDevice, type HubAddress, type RealOptions } from './real.js'
export { parseCrash, sourceLine, type Crash } from './source.js'
export { World, worldStart, type WorldOptions } from './world.js'
