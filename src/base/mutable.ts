/**
 * What an interface shows read-only, as its maker writes it. State that others look at is a plain field of the object: a getter in an
 * object literal is another function in each object, for which V8 keeps every such object as a dictionary (made 70 times as slowly, and
 * each of its fields read 4 times as slowly: measured).
 */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] }
