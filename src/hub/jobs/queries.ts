// Queries of the hub's devices, modules and jobs, a page at a time (reference E2). The language is elsewhere.

import type { HubContext } from '../domain/device.js'
import type { JsonObject } from '../domain/json.js'
import { HubError } from '../error.js'
import { parseCondition, parseQuery } from '../query/parser.js'
import { selectPage, type Row, type Rows } from '../query/select.js'
import { QueryError, type Condition, type Query } from '../query/syntax.js'
import { twinRows, type ConfigurationsOf } from './rows.js'

export interface QueryPaging {
  readonly maxItems: number
  /** As an earlier page of the same query gave it. */
  readonly continuation?: string
}

export interface QueryPage {
  readonly items: readonly JsonObject[]
  /** Undefined for the last page. */
  readonly continuation?: string
  readonly itemType: 'Twin' | 'DeviceJob' | 'Raw'
}

export interface Queries {
  /** Throws ArgumentInvalid, which says where the text is wrong, or Throttled. */
  run(text: string, paging: QueryPaging): QueryPage
  /** How many rows it has, without a page and without a throttle: for metrics. Throws ArgumentInvalid. */
  count(text: string): number
}

export interface QuerySources {
  readonly configurationsOf: ConfigurationsOf
  jobRows(after?: string): Iterable<Row>
}

/** What the language refuses, as the hub says it. */
export function understood<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (error instanceof QueryError) { throw new HubError('ArgumentInvalid', `the query is refused: ${error.message}`, { cause: error }) }
    throw error
  }
}

/** Throws ArgumentInvalid. */
export function conditionOf(text: string): Condition {
  return understood(() => parseCondition(text))
}

/** More than any hub has. */
const EVERYTHING = Number.MAX_SAFE_INTEGER

export function createQueries(hub: HubContext, { configurationsOf, jobRows }: QuerySources): Queries {
  const rowsOf = ({ from }: Query): Rows => from === 'devices.jobs'
    ? jobRows
    : (after) => twinRows(hub, { modules: from === 'devices.modules', configurationsOf, ...(after === undefined ? {} : { after }) })
  return {
    run(text, paging) {
      const query = understood(() => parseQuery(text))
      hub.throttles.require('query')
      const page = selectPage(query, rowsOf(query), paging)
      if (page === undefined) { throw new HubError('ArgumentInvalid', 'the continuation token is none that this query gave. Begin without one') }
      const itemType = query.projections !== undefined ? 'Raw' : query.from === 'devices.jobs' ? 'DeviceJob' : 'Twin'
      // a copy: the twins go on changing
      return { ...page, items: JSON.parse(JSON.stringify(page.items)) as JsonObject[], itemType }
    },
    count(text) {
      const query = understood(() => parseQuery(text))
      return selectPage(query, rowsOf(query), { maxItems: EVERYTHING })!.items.length
    }
  }
}
