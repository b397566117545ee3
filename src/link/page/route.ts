/**
 * Tells whether what two pages say to each other goes through a relay (TURN): now, and whenever another way is taken. A browser that does
 * not say so is not told of.
 */
export const watchRoute = (connection: RTCPeerConnection, tell: (relayed: boolean) => void): void => {
  let last: boolean | null = null
  let looks = 0
  const look = async (): Promise<void> => {
    const mine = ++looks
    const relayed = await isRelayed(connection)
    if (mine !== looks || relayed === null || relayed === last) return
    last = relayed
    tell(relayed)
  }
  connection.sctp?.transport.iceTransport.addEventListener('selectedcandidatepairchange', () => void look())
  void look()
}

/** Null: it does not say, or is closed. */
const isRelayed = async (connection: RTCPeerConnection): Promise<boolean | null> => {
  const entries = new Map<string, Entry>()
  try {
    const stats = await connection.getStats()
    stats.forEach((entry: Entry) => entries.set(entry.id, entry))
  } catch {
    return null // it has been closed meanwhile
  }
  const all = [...entries.values()]
  const chosen = all.find(({ type }) => type === 'transport')?.selectedCandidatePairId
  const pair = chosen === undefined ? all.find(({ type, selected }) => type === 'candidate-pair' && selected === true) : entries.get(chosen)
  const ends = [pair?.localCandidateId, pair?.remoteCandidateId].map((id) => entries.get(id ?? '')?.candidateType)
  return ends.includes(undefined) ? null : ends.includes('relay')
}

/** What browsers tell of a path, as far as it is looked at; which pair is in use Firefox says of the pair. */
interface Entry {
  readonly id: string
  readonly type: string
  readonly selectedCandidatePairId?: string
  readonly selected?: boolean
  readonly localCandidateId?: string
  readonly remoteCandidateId?: string
  readonly candidateType?: string
}
