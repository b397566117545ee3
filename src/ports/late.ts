/** Something that is fetched when it is first needed. */
export interface Late<T> {
  /** Null: it has not come yet. */
  readonly now: T | null
  /** Fetches it, once however many ask; rejects when it cannot be had, and the next call fetches it again. */
  load(): Promise<T>
}
