// The one shared access policy of the service side (reference B5); its keys are made when they are first asked for, and kept.

import type { Random } from '../clock.js'
import { newKey } from '../domain/identity.js'
import type { Policies, Policy } from '../domain/policies.js'
import type { HubStore } from '../store/store.js'

export const OWNER = 'provisioningserviceowner'

/** There is one right here: all of it. */
export const OWNER_RIGHTS = 1

export function ownerPolicy({ store, random }: { store: HubStore; random: Random }): Policies {
  let policy: Policy | undefined = new Map(store.load('policy')).get(OWNER)
  const owner = (): Policy => {
    if (policy === undefined) {
      policy = { name: OWNER, rights: OWNER_RIGHTS, primaryKey: newKey(random), secondaryKey: newKey(random) }
      store.put('policy', OWNER, policy, () => {})
    }
    return policy
  }
  return {
    list: () => [owner()],
    get: (name) => name === OWNER ? owner() : undefined
  }
}
