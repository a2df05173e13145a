/** The door of src/board. */

export { boardNames, loadBoard } from './board.js'
export type { Board, BoardPin, Chip, Part } from './board.js'
export { BoardError } from './error.js'
export type { MemoryFile, NetworkFile, Partition } from './file.js'
export { boardTable, pinKinds } from './table.js'
export type { BoardTable } from './table.js'
