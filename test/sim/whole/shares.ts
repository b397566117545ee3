/** What a world must bring about now and then, and by which of its events it has. */
export const KINDS_OF_FAULT: Readonly<Record<string, readonly string[]>> = {
  loss: ['lost', 'link broken by loss'],
  reordering: ['reordered'],
  duplication: ['repeated'],
  partitions: ['cut off for a while'],
  'crashes between two steps': [
    'crash a frame', 'crash before stage', 'crash after stage', 'crash before commit', 'crash after commit', 'crash before collect',
    'crash after collect', 'crash before change loose', 'crash after change loose',
  ],
  'full disks': ['disk full'],
  'damaged disks': ['a page was damaged', 'pages were damaged at once'],
  'wrong clocks': ['a clock was set', 'a clock was wrong from the start'],
  'publishers restored from a backup': ['a publisher was restored from a backup'],
  'publishers that fork': ['a fork was found'],
  'dead ends': ['a dead end', 'left for good'],
  'servers that are away or lie': ['the server is away', 'the server alters a row'],
  'wrong pages': ['wrong-byte', 'wrong-page', 'wrong-part', 'wrong-number', 'corrupt-parcel', 'bomb'],
  'wrong hashes': ['wrong-hashes', 'wrong-proof', 'wrong-nodes'],
  'forged heads and rows': ['forged-head', 'forged-live', 'altered-row', 'bad-evidence'],
  'old heads and rows told again': ['old-head', 'old-live'],
  'peers that never complete': ['never-complete', 'wrong-count'],
  'peers that are mute': ['mute'],
  'peers that refuse, decline or are slow': ['refuses', 'declines', 'busy', 'slow', 'late'],
  floods: ['flood', 'asks-too-much'],
  'no frames at all': ['garbage', 'oversized', 'strange-request'],
  'untrue rows where voices count': ['wrong-row-before'],
  'rows believed before their signed history comes': ['a signed stream had loose rows', 'loose rows became their signed history'],
}

/** Each of these, and what is too rare for a kind of its own: two nodes of a world that tell untrue rows, and tell the same ones. */
export const ALL_FAULTS: readonly string[] = [...Object.values(KINDS_OF_FAULT).flat(), 'several with one voice']
