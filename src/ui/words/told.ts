import { msg, str } from '@lit/localize'
import { LOGGED, LOGGED_COUNTS } from './logged.ts'
import { createInterpreter, type Sentence } from './said.ts'

// What the processes below tell a person: failures, advice, problems of streams, reasons. They speak English, to scripts and in a
// saved log as well. A test looks whether every sentence of theirs that a person can meet stands here.

const STREAMS: readonly Sentence[] = [
  () => msg('This node does not keep that stream.'),
  () => msg('The directory does not list that stream.'),
  () => msg('The stream was forgotten.'),
  (most) => msg(str`At most ${most} streams of others can be subscribed to: unsubscribe from another one first.`),
  () => msg('Only its publisher can add rows to a stream.'),
  { heard: 'Only its publisher can begin a new epoch of a stream.', say: () => msg('Only its publisher can begin a stream anew.') },
  {
    heard: 'A stream of your own is kept: others hold heads that you signed for it.',
    say: () => msg('A stream of your own is kept: others hold what you signed of it.'),
  },
  () => msg('A peer still has rows that would be given up: they are fetched first.'),
  () => msg('The stream got other rows while these were read.'),
  () => msg('The stream was begun by another import.'),
  () => msg('More of its pages turned out damaged.'),
  () => msg('Try again.'),
  (name) => msg(str`You publish "${name}" already: add rows to it, or choose another name.`),
  () => msg('You publish it already.'),
  () => msg('A stream needs a source and a name.'),
  () => msg('A prediction stream is named by the id of the stream it follows.'),
  { heard: 'The {} of a stream is at most {} bytes of text without control characters.', say: (part, bytes) => tooLongWords(part, bytes) },
  () => msg('Rows that nobody signs cannot be added to a stream that has a publisher.'),
  (rows) => msg(str`This node keeps ${rows} rows without a signature at most, of all streams together.`),
  (budget) => msg(str`More than ${budget} GB of the disk are used, as much as you allow.`),
  () => msg('Forget streams that you no longer need, or allow more in the settings.'),
  (mark, budget) => msg(str`The download rests until less than ${mark} GB of the disk are used: you allow ${budget} GB.`),
  () => msg('The download goes on in a moment.'),
]

const PROBLEMS: readonly Sentence[] = [
  {
    heard: 'The page hashes on record do not lead to the signed root.',
    say: () => msg('The list of its pages on this disk does not lead to what was signed.'),
  },
  (page) => msg(str`Page ${page} is missing from storage.`),
  {
    heard: 'Page {} in storage does not have its hash: it was altered or damaged.',
    say: (page) => msg(str`Page ${page} in storage is not as it was signed: it was altered or damaged.`),
  },
  {
    heard: "This node's key signed two different histories of epoch {}: a restored backup, or a copy of this node. Begin a new epoch to go on.",
    say: () => msg('This node’s key signed two different histories of it: a restored backup, or a copy of this node. Begin it anew to go on.'),
  },
  {
    heard: 'Its publisher signed two different histories of epoch {}: nothing of it is believed until a new epoch begins.',
    say: () => msg('Its publisher signed two different histories of it: nothing of it is believed until it is begun anew.'),
  },
  {
    heard: 'Its publisher signed an epoch that continues rows and begins elsewhere: it is not believed.',
    say: () => msg('Its publisher signed a beginning that does not fit the rows it continues: it is not believed.'),
  },
  { heard: 'What its publisher signed of epoch {} is not what it says.', say: () => msg('What its publisher signed is not what it says.') },
  { heard: 'Epoch {} was given up: the next row begins a later one.', say: () => msg('That history was given up: the next row begins it anew.') },
  () => msg('Its first row is not the one that its publisher signed as the beginning: this is not that stream.'),
  (rows) => msg(str`Its first ${rows} rows are not those that its publisher says it continues.`),
  {
    heard: 'The publisher signed two heads of which one must be false.',
    say: () => msg('The publisher signed two histories of which one must be false.'),
  },
  {
    heard: 'Its publisher signed two different histories of this epoch.',
    say: () => msg('Its publisher signed two different histories of it.'),
  },
  { heard: 'The head is of another stream.', say: () => msg('What came is of another stream.') },
  { heard: 'Nobody signs the heads of this stream.', say: () => msg('Nobody signs this stream.') },
  { heard: "The head does not carry its publisher's signature.", say: () => msg('It does not carry its publisher’s signature.') },
  {
    heard: 'This node has signed {} rows of this stream (epoch {}) and has {}: the rest is fetched from peers first.',
    say: (rows, _, has) => msg(str`This node has signed ${rows} rows of this stream and has ${has}: the rest is fetched from peers first.`),
  },
  { heard: 'If nobody has it any more, begin a new epoch.', say: () => msg('If nobody has it any more, begin the stream anew.') },
]

const ADVICE: readonly Sentence[] = [
  () => msg('Subscribe to it first.'),
  () => msg('Pause it, if it shall rest.'),
  () => msg('Ask its publisher to do it.'),
  () => msg('Wait until they are here: nothing is lost then.'),
  () => msg('Wait until a peer has sent the page again, then try once more.'),
  () => msg('Wait until a peer has sent the history again, then try once more.'),
  () => msg('Look whether it was done, and try again if it was not.'),
  () => msg('Try again; reload the page if it goes on like this.'),
]

const ROWS: readonly Sentence[] = [
  () => msg('The value is empty.'),
  () => msg('The value is not UTF-8 text.'),
  () => msg('The value has half a surrogate pair, which has no UTF-8 form.'),
  () => msg('The value has a control character.'),
  (bytes, most) => msg(str`The value is ${bytes} bytes long; at most ${most} may stand.`),
  (text) => msg(str`"${text}" is not a time: write it as 2024-05-01T12:30:00Z or as a Unix time.`),
  (text) => msg(str`"${text}" is no moment of the calendar.`),
  (text) => msg(str`"${text}" is beyond the years 1684 to 2255.`),
  (text) => msg(str`${text} is beyond the years 1684 to 2255.`),
  () => msg('There is no row to add.'),
  () => msg('A history needs at least one row.'),
]

const FILES: readonly Sentence[] = [
  () => msg('No line could be read.'),
  (have, need) => msg(str`The line has ${have} of the ${need} fields it needs.`),
  (have, first) => msg(str`The line has ${have} fields where the first one has ${first}: a decimal comma needs quotation marks.`),
  () => msg('The quotation marks are not in pairs.'),
  (from, to) => msg(str`Quotation marks join lines ${from} to ${to}.`),
  (line, most) => msg(str`Line ${line} does not end within ${most} characters: is this a CSV file?`),
  (why) => msg(str`The file cannot be read: ${why}`),
  () => msg('There is nothing in this file.'),
  (most) => msg(str`A column is a number from 1 to ${most}.`),
  () => msg('Time and value stand in two different columns.'),
  () => msg('The import was stopped. Nothing of it was kept.'),
  () => msg('Too many imports at a time; wait for one to end.'),
  () => msg('Choose or drop a CSV file first.'),
  () => msg('No file came with it that can be read. Choose it on this page instead.'),
  () => msg('It is larger than 256 MB. Choose it on this page instead.'),
  () => msg('By its name and its type it is no CSV. Save it as one where it comes from; if it is one, choose it on this page.'),
  () => msg('There is no room for it here. Free disk space, or choose it on this page instead.'),
  (key) => msg(str`There is no sample called "${key}".`),
  (file, status) => msg(str`The server has no samples/${file} (${status}).`),
  () => msg('The samples come from the server, which cannot be reached now.'),
  () => msg('The list of samples cannot be read.'),
]

const IDENTITY: readonly Sentence[] = [
  () => msg('This node has no identity yet.'),
  (least) => msg(str`A passphrase needs at least ${least} characters: four or five words will do.`),
  () => msg('The passphrase does not open this file, or the file was altered. Nothing has changed.'),
  () => msg('This file is no backup of a Zazen identity.'),
  () => msg('A newer version of Zazen wrote this backup. Reload to update, then try again.'),
  () => msg('This backup is damaged: it cannot be read. Take another copy of it.'),
  () => msg('The key in this backup is not the one that it names.'),
  () => msg('This identity has checked in from another place since. Two copies of one node must not both sign: end one of them, then reload this page.'),
  () => msg('This identity was restored from a backup, and another copy of it is checked in at the server. Two copies of one node must not both sign: end the other one; this goes on by itself then.'),
  () => msg('This identity was restored from a backup. Before it signs anything the server must tell whether another copy of it is there; this goes on by itself as soon as the server is reached. If you know that no other copy runs, say so in the settings.'),
  () => msg('This identity is checked in from another place: two copies of one node must not both sign. End the other one.'),
  () => msg('This identity was restored from a backup. Before it signs anything the server must tell what it has signed before; this goes on by itself as soon as the server is reached.'),
]

const PEERS: readonly Sentence[] = [
  () => msg('The id of a peer is 64 hex digits.'),
  () => msg('This node is no peer of its own.'),
  (most) => msg(str`At most ${most} peers can be banned: lift another ban first.`),
]

const SERVER: readonly Sentence[] = [
  () => msg('The server cannot be reached.'),
  () => msg('The server did not check this node in.'),
  () => msg('The server no longer answers.'),
  () => msg('The server went away before it answered.'),
  () => msg('There is no connection to the server now; it is tried again by itself.'),
  () => msg('It is tried again by itself.'),
  (what) => msg(str`The server did not answer ${what}.`),
  () => msg('The server is stopping.'),
  () => msg('This is no address.'),
  () => msg('It begins with https:// or http://.'),
  () => msg('Nothing but a path can follow the host.'),
  () => msg('A page that came over https may not connect to a server without it: give its https:// address.'),
  () => msg('A page that came over https may not connect to a PeerServer without it: give its https:// address.'),
  (one, other) => msg(str`An address of a server looks like ${one} or ${other}.`),
  (one, other) => msg(str`An address of a PeerServer looks like ${one} or ${other}; \`?key=WORD\` names its key.`),
  () => msg('A PeerServer takes no name and no password.'),
  () => msg('Nothing but `?key=WORD` can follow the path.'),
  () => msg('A key is at most 64 letters and digits.'),
  (most, named) => msg(str`At most ${most} STUN and TURN servers can be used; ${named} are named.`),
  (line) => msg(str`Line ${line} is no STUN or TURN server. Write stun:HOST:PORT, or turn:HOST:PORT NAME PASSWORD.`),
]

const NODE: readonly Sentence[] = [
  () => msg('The node did not answer.'),
  () => msg('The tab in which the node ran ended before it answered.'),
  () => msg('See whether it was done, and try again if not.'),
  () => msg('Reload the page if this goes on.'),
  () => msg('The data worker did not answer.'),
  () => msg('Reload the page and try again.'),
  () => msg('It no longer answers.'),
  () => msg('The data process is gone; what was asked of it may or may not have been done.'),
  (what, seconds) => msg(str`The data process did not answer ${what} within ${seconds} s.`),
  () => msg('The browser has no room left for this site.'),
  () => msg('It is so until this page is loaded anew, and not kept.'),
  () => msg('Free disk space or remove streams.'),
  () => msg('Another tab holds an older database open. Close the other Zazen tabs.'),
  () => msg('A newer version of Zazen opened in another tab. Reload this one.'),
  () => msg('The browser closed the database.'),
  (why) => msg(str`The database was closed under us (${why}).`),
  () => msg('Reload to go on.'),
  (why) => msg(str`Storage failed: ${why}`),
  (least) => msg(str`The intensity is a whole number from ${least} to 100, in percent of one core.`),
  () => msg('The store of histories is not open.'),
  () => msg('The data process runs already.'),
  () => msg('The node'),
  () => msg('The address of the PeerServer'),
  () => msg('The data worker'),
  () => msg('The engine worker'),
  () => msg('The neuron worker'),
]

/** Browsers speak of the file; each in its own words. */
const LOADING: readonly Sentence[] = ['TypeError: Failed to fetch dynamically imported module: {}', 'TypeError: error loading dynamically imported module: {}', 'TypeError: Importing a module script failed.']
  .map((heard) => ({ heard, say: () => msg('A part of the app could not be loaded: the network may be away, or the server has a newer version. Reload the page.') }))

/** Where a sentence follows; last, because "Line 3 does not end …: …" begins like it, too. */
const PREFIXES: readonly Sentence[] = [(line) => msg(str`Line ${line}:`)]

const tooLongWords = (part: string, bytes: string): string => {
  switch (part) {
    case 'source':
      return msg(str`The source of a stream is at most ${bytes} bytes of text without control characters.`)
    case 'target':
      return msg(str`The target of a stream is at most ${bytes} bytes of text without control characters.`)
    default:
      return msg(str`The name of a stream is at most ${bytes} bytes of text without control characters.`)
  }
}

export const toldWords = createInterpreter([...STREAMS, ...PROBLEMS, ...ADVICE, ...ROWS, ...FILES, ...IDENTITY, ...PEERS, ...SERVER, ...NODE, ...LOADING, ...LOGGED, ...PREFIXES, ...LOGGED_COUNTS])
