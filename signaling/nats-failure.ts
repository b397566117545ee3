import { JetStreamApiError } from '@nats-io/jetstream'

/** JetStream's code for "wrong last sequence": the compare of a compare-and-set. */
const WRONG_LAST_SEQUENCE = 10_071

/** Somebody else wrote the key since it was read. */
export const isConflict = (thrown: unknown): boolean => thrown instanceof JetStreamApiError && thrown.code === WRONG_LAST_SEQUENCE
