/** Water that is heated, loses heat to the room and is replaced by cold water while it is pumped; a TMP36 that follows with a lag. */

import type { PartModel } from './part.js'

/** J per gram and kelvin. */
const waterHeat = 4.186
const boilingC = 100

const defaults = {
  heaterWatts: 1200,
  waterGrams: 350,
  ambientC: 21,
  /** To the room. */
  lossWattsPerC: 0.9,
  pumpGramsPerSecond: 4,
  probeLagSeconds: 3,
}

export const boiler: PartModel = {
  terminals: ['heater', 'pump', 'probe'],
  parameters: defaults,
  attach(site, parameters) {
    const { heaterWatts, waterGrams, ambientC, lossWattsPerC, pumpGramsPerSecond, probeLagSeconds } =
      parameters as typeof defaults
    const heatCapacity = waterGrams * waterHeat
    let waterC = ambientC
    let probeC = ambientC
    let atMs = site.now()
    let heating = site.value('heater') > 0
    let pumping = site.value('pump') > 0

    // Between two changes of the pins all is constant, so the differential equation has an exact solution and a step may be of any length.
    const advance = (): void => {
      const seconds = (site.now() - atMs) / 1000
      atMs = site.now()
      if (seconds <= 0) return
      const lossWatts = lossWattsPerC + (pumping ? pumpGramsPerSecond * waterHeat : 0)
      const finalC = ambientC + (heating ? heaterWatts : 0) / lossWatts
      const settling = heatCapacity / lossWatts
      const away = waterC - finalC
      const share = settling / (settling - probeLagSeconds)
      const water = Math.exp(-seconds / settling)
      const probe = Math.exp(-seconds / probeLagSeconds)
      probeC = Math.min(boilingC, finalC + away * share * water + (probeC - finalC - away * share) * probe)
      waterC = Math.min(boilingC, finalC + away * water)
    }

    site.onChange('heater', (level) => {
      advance()
      heating = level > 0
    })
    site.onChange('pump', (level) => {
      advance()
      pumping = level > 0
    })
    // TMP36: 10 mV per degree, 500 mV at 0 °C.
    site.provide('probe', () => {
      advance()
      return Math.round(500 + probeC * 10)
    })
    return () => {
      advance()
      return { waterC, probeC }
    }
  },
}
