// A certificate authority of the hub's own (EC P-256), made at first start; it issues server certificates and knows no hub.

import { webcrypto } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
