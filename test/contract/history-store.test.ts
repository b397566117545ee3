import { createMemoryStore } from '../support/memory-store.ts'
import { describeHistoryStore } from './history-store-suite.ts'

describeHistoryStore('the store of the tests', async () => {
  const store = createMemoryStore()
  return {
    store,
    reopened: async () => store,
    commitThatFails: async (change) => {
      store.refuseWrites({ code: 'disk-full', message: 'The disk of this test is full.' })
      const failed = await store.commit(change)
      store.refuseWrites(null)
      return failed
    },
  }
})
