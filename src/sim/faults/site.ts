/** What faults get at in one device: its clock, its power and its watchdog, each held by any number of faults at once. */

import type { FaultClock } from './faults.js'
import type { FaultSite } from './kinds.js'

/** As the watchdogs of the boards are set. */
const watchdogMs = 8000
const always = 2 ** 31 - 1

export function deviceSite(device: Pick<FaultSite, 'deviceId' | 'machine' | 'plug' | 'weather' | 'cloud'> & { readonly clock: FaultClock }): FaultSite {
  const { machine, clock } = device
  const shifts = new Map<object, number | undefined>()
  const setClock = (): void => {
    const all = [...shifts.values()]
    machine.setClock(all.reduce<number | undefined>((sum, ms) => sum === undefined || ms === undefined ? undefined : sum + ms, 0))
  }
  const cuts = new Set<object>()
  const failures = new Set<object>()
  return {
    ...device,
    shiftClock(ms) {
      const shift = {}
      shifts.set(shift, ms)
      setClock()
      return () => {
        shifts.delete(shift)
        setClock()
      }
    },
    failFlash() {
      const failure = {}
      failures.add(failure)
      machine.failFlash({ count: always })
      return () => {
        failures.delete(failure)
        if (failures.size === 0) machine.failFlash({ write: 0 })
      }
    },
    tearFlash(bytes) {
      // Of a write that fails anyway nothing is done.
      if (failures.size === 0) machine.cutAtFlash({ tornBytes: bytes })
      else if (machine.powered) {
        machine.cut()
        machine.start()
      }
    },
    powerOff() {
      const cut = {}
      cuts.add(cut)
      machine.cut()
      return () => {
        cuts.delete(cut)
        if (cuts.size === 0 && !machine.powered) machine.start()
      }
    },
    watchdog() {
      machine.hang()
      clock.setTimer(() => {
        if (machine.hung) machine.reset('the watchdog reset the device')
      }, watchdogMs)
    },
  }
}
