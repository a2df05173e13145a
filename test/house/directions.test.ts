import { describe, expect, test } from 'vitest'
import { violations, violationsIn } from '../../scripts/lib/directions.mjs'

const root = new URL('../..', import.meta.url).pathname

describe('dependency directions', () => {
  test('hold in the whole checkout', () => {
    expect(violations(root)).toEqual([])
  })

  test('refuse a hub that imports the simulator', () => {
    expect(violationsIn('src/hub/twin.ts', `import { simulate } from '../sim/index.js'\n`)).toEqual([
      'src/hub/twin.ts names src/sim/index.js: src/hub may name src/hub only',
    ])
  })

  test('refuse core that includes a port', () => {
    expect(violationsIn('native/core/app.c', '#include "../port/posix/socket.h"\n')).toHaveLength(1)
  })

  test('allow core the contracts of native/port', () => {
    expect(violationsIn('native/core/app.c', '#include "../port/port.h"\n')).toEqual([])
  })

  test('refuse an app that reaches past the SDK', () => {
    expect(violationsIn('assembly/apps/blink/index.ts', `import { x } from "../../../src/abi/abi";\n`)).toHaveLength(1)
  })

  test('see through an import over several lines', () => {
    expect(violationsIn('src/board/board.ts', `import {\n  a,\n  b,\n} from '../cli/main.js'\n`)).toHaveLength(1)
  })
})
