/** What the local hub costs, and that it loses nothing. */

import type { Measurement } from '../measure.js'
import { idleDevices, reconnectStorm } from './connections.js'
import { killed } from './kill.js'
import { load } from './load.js'
import { hubStart } from './start.js'

export const hub: readonly Measurement[] = [
  { title: 'hub kill', onlyNamed: true, run: killed },
  { title: 'hub load', onlyNamed: true, run: load },
  { title: 'hub idle', onlyNamed: true, run: idleDevices },
  { title: 'hub storm', onlyNamed: true, run: reconnectStorm },
  { title: 'hub start', onlyNamed: true, run: hubStart },
]
