// What a monitor asks: how the hub is, and what it has counted. Asked without a token: neither says anything of a device.

import { METRICS_CONTENT_TYPE, type Metrics } from '../metrics.js'
import type { Route } from './router.js'

export const metricsRoutes = (metrics: Metrics): Route[] => [
  {
    method: 'GET', path: '/metrics',
    handle: () => ({ status: 200, headers: { 'content-type': METRICS_CONTENT_TYPE }, body: Buffer.from(metrics.text()) })
  },
  {
    method: 'GET', path: '/health',
    handle() {
      const health = metrics.health()
      return { status: health.status === 'ok' ? 200 : 503, body: health }
    }
  }
]
