/** The door of src/board. */

export { boardNames, loadBoard } from './board.js'
export type { Alias, Board, BoardPartition, BoardPin, Chip, Part } from './board.js'
export { ramBudget, ramBytes, whatToGiveUp } from './budget.js'
export { BoardError } from './error.js'
export type { FlashTool, MemoryFile, NetworkFile, Partition } from './file.js'
export { flashCommands, flashImages, readCommand, shownCommand, writeCommands } from './flash_commands.js'
export type { CommandLine, FlashCommands, FlashImage } from './flash_commands.js'
export { boardPage, outboxHours } from './page.js'
export { espPartitionsCsv, espPartitionTable, layoutOf, partitionOf } from './partitions.js'
export type { LayoutRow } from './partitions.js'
export { boardTable, pinKinds } from './table.js'
export type { BoardTable } from './table.js'
