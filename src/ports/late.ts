/** Something that is fetched when it is first needed. */
export interface Late<T> {
  /** Null: it has not come yet. */
  readonly now: T | null
  /**
   * Fetches it, once however many ask; rejects when it cannot be had. The next call asks for it again, but where it is an `import()`
   * most browsers answer with the same failure until the page is loaded anew: whoever shows or logs the failure says so.
   */
  load(): Promise<T>
}
