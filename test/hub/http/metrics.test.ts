// /metrics and /health over HTTPS, as a monitor asks for them.

import { expect, test } from 'vitest'
import { createHub, measureHub, type Hub } from '../../../src/hub/index.js'
import { asked } from './asked.js'

const counted = (hub: Hub = createHub({ hostName: 'hub.test' })) => ({ metrics: measureHub(hub) })

test('metrics are there for whoever asks, in the text Prometheus reads', async () => {
  await using hub = await asked({}, counted())
  const { status, headers, body } = await hub.ask('GET /metrics', { as: 'none' })
  expect([status, headers['content-type'], body.split('\n')[1]]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8', '# TYPE tinytwin_hub_devices gauge'])
})

test('a hub that is well says so with 200', async () => {
  await using hub = await asked({}, counted())
  const { status, body } = await hub.ask('GET /health', { as: 'none' })
  expect([status, JSON.parse(body)]).toMatchObject([200, { status: 'ok' }])
})

test('a hub whose store writes no more says so with 503', async () => {
  const metrics = measureHub(createHub({ hostName: 'hub.test' }), { store: { status: () => ({ failed: 'no space', commits: 0, commitSeconds: 0, slowestCommitSeconds: 0, waitingBytes: 0 }) } })
  await using hub = await asked({}, { metrics })
  const { status, body } = await hub.ask('GET /health', { as: 'none' })
  expect([status, JSON.parse(body)]).toMatchObject([503, { status: 'failing', reason: 'no space' }])
})

test('a hub that measures nothing has no such path', async () => {
  await using hub = await asked()
  expect((await hub.ask('GET /metrics', { as: 'none' })).status).toBe(404)
})
