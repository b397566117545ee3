/** One transfer as the receiver saw it, by its own clock. */
export interface Run {
  /** From wanting the rows to a channel that carries them: introduction, descriptions, ICE, DTLS. */
  readonly setupMs: number
  /** From there to the last byte, as far as this contender takes it: ours verified and committed, the raw channel received. */
  readonly transferMs: number
  /** Bytes on the channel, where the contender tells. */
  readonly wireBytes?: number
  /** Links that were ready before the end. */
  readonly links?: number
  /** The most that the receiver's data worker held, where that was watched. */
  readonly peakBytes?: number
  /** Publishing before it, which is not counted. */
  readonly publishMs?: number
}
