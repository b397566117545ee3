/**
 * Carries words between the servers of one cluster. What one server publishes reaches every *other* server that listens to
 * the subject, at most once, and in the order of its publishing; what is meant for itself it need not say.
 */
export interface Bus {
  publish(subject: string, text: string): void
  /** Answers how to stop listening. */
  listen(subject: string, heard: (text: string) => void): () => void
  /** Lets go of everything. May be called twice. */
  close(): Promise<void>
}
