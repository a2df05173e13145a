/** The door of src/firmware. */

export { buildFirmware } from './build.js'
export type { BuiltFirmware, FirmwareOptions } from './build.js'
export { FirmwareError } from './error.js'
export { writeFlash } from './flash.js'
export { appContent, settingsContent } from './image.js'
export type { DeviceSettings, FlashPart } from './image.js'
export type { Figures, Panel } from './panel.js'
export { hubAddress, runFirmware, RunningFirmware } from './run.js'
export type { RunOptions } from './run.js'
export { measureFirmware } from './size.js'
export type { FirmwareSize } from './size.js'
export { buildTools, howToInstall, runTools } from './tools.js'
