import { JetStreamApiError } from '@nats-io/jetstream'

/** JetStream's code for "wrong last sequence": the compare of a compare-and-set. */
const WRONG_LAST_SEQUENCE = 10_071

/** Somebody else wrote the key since it was read. */
export const isConflict = (thrown: unknown): boolean => thrown instanceof JetStreamApiError && thrown.code === WRONG_LAST_SEQUENCE

/** JetStream's codes for "no message found", "sequence not found" and "cannot be deleted", as whichever it is notices that it is not there. */
const NOT_THERE: readonly number[] = [10_037, 10_043, 10_057]

/** Somebody else took the entry out. */
export const isGone = (thrown: unknown): boolean => thrown instanceof JetStreamApiError && NOT_THERE.includes(thrown.code)
