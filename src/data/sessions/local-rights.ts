import type { FrameType } from '../../protocol/frame.ts'

/** Who is at the other end of a local port. It is what the port was handed over as, never what a message claims. */
export type LocalRole = 'neuron' | 'engine' | 'page'

const READS: readonly FrameType[] = [
  'watch',
  'status-request',
  'rows-request',
  'rows-at-request',
  'row-before-request',
  'loose-request',
  'hashes-request',
]

/** What each may say. All read; the engine predicts; only the neuron changes what the node keeps. */
export const RIGHTS: Readonly<Record<LocalRole, ReadonlySet<FrameType>>> = {
  page: new Set(READS),
  engine: new Set<FrameType>([...READS, 'predict', 'learnt-keep', 'learnt-request', 'learnt-drop']),
  neuron: new Set<FrameType>([
    ...READS,
    'subscribe',
    'unsubscribe',
    'pause',
    'append',
    'loose-add',
    'draft-open',
    'draft-rows',
    'draft-commit',
    'draft-drop',
    'deliver',
    'deliver-head',
    'ask-newest',
    'newest',
    'prove',
    'drop-link',
    'refuse-peers',
    'hold-signing',
    'ask-serves',
    'forget',
    'begin-epoch',
    'recheck',
  ]),
}
