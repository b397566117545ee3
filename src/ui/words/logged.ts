import { msg, str } from '@lit/localize'
import { createInterpreter, type Sentence } from './said.ts'

// What the log tells of coming and going, in a person's words; what is saved of it as a file stays English. Where a reason follows, its own
// sentences are told after the colon. A test looks whether every line that a process writes begins with one of these.

/** "12 rows", as a process writes it. */
const counted = createInterpreter([(count) => msg(str`${count} rows`), (count) => msg(str`${count} row`)])

const rest = createInterpreter([
  () => msg('that is all'),
  () => msg('one peer says that this is all'),
  () => msg('nobody says what was before'),
  () => msg('the peers do not agree on what was before'),
  () => msg('there is no room for older ones'),
  () => msg('they could not be kept'),
])

const SERVER: readonly Sentence[] = [
  () => msg('checked in at the server'),
  () => msg('no server:'),
  () => msg('another connection with this identity has taken over at the server'),
  () => msg('The server did not list the stream:'),
  () => msg('The server did not pass the row on:'),
  (id) => msg(str`The server listed a stream that does not verify: ${id}`),
  { heard: 'directory:', say: () => msg('the server did not tell its directory:') },
  { heard: 'peers:', say: () => msg('the server did not tell who else follows it:') },
  { heard: 'meta {}:', say: () => msg('the server did not pass on a message to peers:') },
  { heard: 'rendezvous:', say: () => msg('the server arranged no meeting:') },
  () => msg('not subscribed at the server:'),
  { heard: 'unsubscribe:', say: () => msg('not unsubscribed at the server:') },
  (code) => msg(str`the rendezvous ended (${code}):`),
  () => msg('a live row was refused:'),
]

const PEERS: readonly Sentence[] = [
  () => msg('link proved and ready'),
  (code) => msg(str`link closed (${code}):`),
  (code) => msg(str`cut off (${code}):`),
  () => msg('no connection:'),
  () => msg('dialled by its id through the PeerServer'),
  () => msg('the line loses packets: one more connection carries pages'),
  (rows) => msg(str`offered its history: ${rows} rows`),
  (rows) => msg(str`accepted an offer of ${rows} rows`),
  () => msg('banned on this node: no link with it from now on, in either direction'),
  (minutes) => msg(str`disconnected on this node: no link with it for ${minutes} minutes`),
  () => msg('its ban was lifted on this node'),
  () => msg('the list of banned peers cannot be read, and nobody is banned:'),
  (address) => msg(str`Others can dial this node through the PeerServer ${address}.`),
  () => msg('Others can no longer dial this node through a PeerServer.'),
  (address) => msg(str`The PeerServer ${address}:`),
  () => msg('It cannot be reached.'),
  () => msg('Another session is registered there under this node’s id.'),
  () => msg('It does not know the key that was given for it.'),
  (why) => msg(str`It refuses this node: ${why}`),
  (seconds) => msg(str`It is tried again in ${seconds} s.`),
  () => msg('Too many connections are being made already.'),
  (seconds) => msg(str`No direct connection came about within ${seconds} s.`),
  () => msg('The connection does not say by whose keys it is encrypted.'),
  () => msg('All connections are being closed.'),
  () => msg('The channel closed.'),
  () => msg('The peer closed:'),
]

const HISTORIES: readonly Sentence[] = [
  (rows) => msg(str`history complete: ${rows} rows, verified and kept`),
  { heard: 'fetching the damaged pages of {} from peers', say: (all) => msg(str`fetching the damaged pages of ${counted(all)} from peers`) },
  { heard: 'fetching {} of {} from peers', say: (missing, all) => msg(str`fetching ${missing} of ${counted(all)} from peers`) },
  { heard: 'fetching {} from peers', say: (all) => msg(str`fetching ${counted(all)} from peers`) },
  { heard: 'resumed: {} of {} pages were already here', say: (here, all) => msg(str`resumed: ${here} of ${all} pages were already here`) },
  {
    heard: 'compared with peers: {} of {} pages were already here; {} questions found which',
    say: (here, all, asked) => msg(str`compared with peers: ${here} of ${all} pages were already here; ${asked} questions found which`),
  },
  {
    heard: 'compared with peers: {} of {} pages were already here; {} question found which',
    say: (here, all) => msg(str`compared with peers: ${here} of ${all} pages were already here; one question found which`),
  },
  () => msg('the download stopped:'),
  {
    heard: 'what was believed without a signature is what its publisher signed: {} need not be fetched',
    say: (rows) => msg(str`what was believed without a signature is what its publisher signed: ${counted(rows)} need not be fetched`),
  },
  () => msg('what was believed without a signature is not what its publisher signed: it is dropped, and the history fetched from a source'),
  () => msg('no longer fetched'),
  () => msg('its download rests: as much of the disk is used as you allow'),
  () => msg('its download goes on'),
  () => msg('its download can neither rest nor go on:'),
  (row, value) => msg(str`observation ${row} verified and kept: ${value}`),
  (row, value) => msg(str`observation ${row} published: ${value}`),
  () => msg('published by this identity before it was restored: its rows are fetched'),
  { heard: 'epoch {} begins with {}; {} that nobody has are given up', say: (epoch, kept, gone) => msg(str`epoch ${epoch} begins with ${counted(kept)}; ${gone} that nobody has are given up`) },
  { heard: 'epoch {} begins with {}', say: (epoch, kept) => msg(str`epoch ${epoch} begins with ${counted(kept)}`) },
  (epoch) => msg(str`The new epoch continues rows that are not those signed in epoch ${epoch}: its publisher rewrote its history. The old one is kept aside.`),
  (count) => msg(str`Histories kept aside that are damaged: ${count}. They are let go.`),
  (why) => msg(str`A stored history cannot be read and is left alone: ${why}`),
  () => msg('The history is fetched again from peers.'),
  () => msg('It is fetched again from peers.'),
  () => msg('The evidence is not on disk:'),
  () => msg('could not be taken up again:'),
  (streams) => msg(str`this identity was restored: the server lists ${streams} of its streams`),
  () => msg('a person says that no other copy of this restored identity runs: it signs before any server has told'),
]

const NODE: readonly Sentence[] = [
  { heard: 'paused', say: () => msg('learning paused') },
  { heard: 'resumed', say: () => msg('learning resumed') },
  () => msg('the engine was started anew'),
  () => msg('the engine could not go on with this stream:'),
  () => msg('the data process was started anew'),
  () => msg('awake, or on another network: connections are looked after at once'),
  (row, rows) => msg(str`Row ${row} is not there, where ${rows} were told of.`),
  () => msg('What was learnt before is thrown away, and learnt anew:'),
  () => msg('the history is another one now.'),
  () => msg('What was learnt could not be kept:'),
  (streams) => msg(str`What was learnt of ${streams} streams fills the room there is for it: of others it is learnt again.`),
  (why) => msg(str`What answers peers could not be loaded: reload the page. (${why})`),
  (why) => msg(str`What makes connections could not be loaded: reload the page. (${why})`),
  (why) => msg(str`What finds rows without a signature could not be loaded: reload the page. (${why})`),
  (why) => msg(str`A download broke: ${why}`),
  (why) => msg(str`An agreement broke: ${why}`),
  (why) => msg(str`Something that waits for its time has failed: ${why}`),
]

/** These begin with a fact, so that anything could be the beginning of one: they come behind all others. */
const COUNTS: readonly Sentence[] = [
  (rows) => msg(str`${rows} rows kept and signed`),
  (rows) => msg(str`${rows} row kept and signed`),
  (pages) => msg(str`${pages} pages that no history names were cleared away`),
  (pages) => msg(str`${pages} page that no history names was cleared away`),
  {
    heard: "{} of {} believed without a signature are not its publisher's: dropped",
    say: (wrong, all) => msg(str`${wrong} of ${counted(all)} believed without a signature are not its publisher’s: dropped`),
  },
  {
    heard: '{} without a signature, {} on one word only; {}',
    say: (rows, alone, before) => msg(str`${counted(rows)} without a signature, ${alone} on one word only; ${rest(before)}`),
  },
]

export const LOGGED: readonly Sentence[] = [...SERVER, ...PEERS, ...HISTORIES, ...NODE]
export const LOGGED_COUNTS: readonly Sentence[] = COUNTS
