// Bounds that are the server's own business; those that both sides must know are in src/protocol/limits.ts.

/** WebSockets at a time: about 6 KiB each while idle, and one file descriptor (many systems give a process 20,000). */
export const MAX_CONNECTIONS = 10_000

/** WebSockets of one address (/64 for IPv6): a household or an office, not a whole server. */
export const MAX_CONNECTIONS_PER_ADDRESS = 200

/** New WebSockets of one address: so many at once, as after a restart, and then in the long run. */
export const CONNECT_BURST = 200
export const CONNECTS_PER_SECOND = 5

/** Plain HTTP requests of one address: the app is some thirty files. */
export const REQUEST_BURST = 600
export const REQUESTS_PER_SECOND = 20

/** Check-ins of one key: more often it is two tabs that throw each other out, or someone who wants a fresh message burst. */
export const CHECK_IN_BURST = 20
export const CHECK_INS_PER_SECOND = 0.2

/** Names (addresses, keys) that a limit remembers, about 200 bytes each; those who hold nothing are forgotten first. */
export const MAX_COUNTED_NAMES = 65_536

/** Plain HTTP sockets beside them: someone who opens sockets and says nothing cannot use up the descriptors. */
export const MAX_HTTP_SOCKETS = 512

/**
 * Sockets of one address that are no WebSockets (yet): one machine that says nothing, or reads nothing, cannot take them all. More than
 * CONNECT_BURST: until its request is read, a WebSocket is one of them. SPEC [S101].
 */
export const MAX_HTTP_SOCKETS_PER_ADDRESS = 256

/** An HTTP request whose headers have not come by then is dropped, milliseconds: slow-header attacks. SPEC [S97]. */
export const HEADERS_TIMEOUT_MS = 10_000

/** Frames of one fragmented message: tiny fragments cost a hundred times their size in memory. */
export const MAX_FRAGMENTS = 16

/** Network reads that one unfinished message may arrive in: a message of one-byte segments is no message. */
export const MAX_BUFFERED_CHUNKS = 256

/** Bytes waiting for one reader: a node that stops reading must not keep our memory. */
export const MAX_BUFFERED_BYTES = 1024 * 1024

/** Bytes held for one reader until a turn's end; far below MAX_BUFFERED_BYTES, or an honest burst would count as a slow reader. */
export const MAX_HELD_BYTES = 64 * 1024

/** Messages of one connection, in a burst and in the long run; beyond it the server does not read on for a while. */
export const MESSAGE_BURST = 500
export const MESSAGES_PER_SECOND = 100

/** A directory question counts as this many messages: it may look at MAX_DIRECTORY_SCAN streams. */
export const DIRECTORY_COST = 10

/** A call for a rendezvous counts as this many messages: in a cluster it is a write to a store that all servers share. */
export const RENDEZVOUS_COST = 5

/** A question for history counts as this many messages, and so does leaving a topic, which one does in order to join it again: up to 13 others are told. */
export const ANNOUNCING_COST = 5

/** Calls for a rendezvous of one address, at once and then in the long run: the crowd of one office, and not what wears out the store. */
export const RENDEZVOUS_BURST = 1_000
export const RENDEZVOUS_PER_SECOND = 50

/**
 * Newcomers and questions for history that one node is told of, at once and then in the long run. A publisher that comes back to
 * 10,000 who waited could serve a few dozen of them (MAX_LINKS), and would be cut for not reading so fast; who is not heard asks again.
 */
export const ANNOUNCEMENT_BURST = 500
export const ANNOUNCEMENTS_PER_SECOND = 50

/** Newcomers and questions that a server passes on, counted by who hears them; beyond that each is told to SMALL_AUDIENCE members instead of MAX_ANNOUNCED. */
export const AUDIENCE_BURST = 20_000
export const AUDIENCE_PER_SECOND = 10_000
export const SMALL_AUDIENCE = 3

/** Streams looked at for one page of the directory: a search that finds nothing must not stop the server. */
export const MAX_DIRECTORY_SCAN = 5_000

/** Messages that no schema knows: after this many the other side is no node. */
export const MAX_MALFORMED = 10

/** Streams in the directory, about 1.5 KiB each: those whose publisher left longest ago make room first. */
export const MAX_LISTED_STREAMS = 50_000

/** The last live rows kept of one stream, for those who were away for a moment: more than a few are a history, which peers have. */
export const MAX_KEPT_ROWS = 8

/** Streams of which rows are kept, about 5 KiB each; those published longest ago keep their head only. */
export const MAX_STREAMS_WITH_ROWS = 10_000

/** Directories (one per stream followed) that one node watches; the one asked for longest ago is forgotten. */
export const MAX_WATCHES_PER_NODE = 256

/** Directory news to one watcher in one tick: 2,000 new streams must not overrun MAX_BUFFERED_BYTES. */
export const LISTED_PER_TICK = 100

/** Directory news to all watchers in one tick (measured: 10,000 sends take about 0.2 s); the rest waits. */
export const LISTED_SENDS_PER_TICK = 10_000

/** Rendezvous keys remembered as used; 60 s of a thousand introductions a second, then the oldest go first. */
export const MAX_USED_KEYS = 65_536

/** PeerJS clients at a time; they count as connections too. */
export const MAX_PEERJS_CLIENTS = 5_000

/** Messages of one PeerJS client: an introduction is about thirty, with its candidates, and a heartbeat comes every 5 s. */
export const PEERJS_BURST = 200
export const PEERJS_PER_SECOND = 20

/** Bytes that PeerJS clients may have waiting for others who are not there: it is kept for 5 s, whoever it is for. */
export const MAX_QUEUED_BYTES = 8 * 1024 * 1024

/** The server's pulse, milliseconds: every deadline is looked at once in a tick. */
export const TICK_MS = 1_000

/** A connection is pinged this often and cut after this long without a word: sockets of vanished machines. */
export const HEARTBEAT_MS = 30_000
export const SILENT_MS = 75_000

/** Nobody is asked to come back sooner, milliseconds: the next server is still starting. */
export const FIRST_RETURN_MS = 500

/** Nodes that a stopping server asks to come back in each second, so that they do not meet the next one all at once. */
export const RETURNS_PER_SECOND = 500

/** A stopping server waits this long for its connections to say goodbye, milliseconds. */
export const DRAIN_MS = 3_000

/** Nodes in one part of a census: with some streams each it stays far below what NATS carries in a message (1 MiB). */
export const MAX_CENSUS_PART = 500

/** Streams told of in one part, for the same reason. */
export const MAX_CENSUS_STREAMS = 5_000

/** One word between servers. */
export const MAX_CLUSTER_WORD_CHARS = 1_000_000

/** A server says this often that it is there, and one that has not for as long is not any more, milliseconds. */
export const BEAT_MS = 1_000
export const SERVER_LOST_MS = 5_000

/** Who missed a change asks for the census again at most this often, milliseconds. */
export const CENSUS_AGAIN_MS = 2_000

/** A home that does not answer a call by then is given up, milliseconds. */
export const CALL_MS = 5_000

/** A rendezvous key is remembered this long in a cluster, milliseconds: it waits for a minute, is used for a minute, and then may not serve again for one. */
export const BOOK_KEPT_MS = 180_000

/** The NATS store is asked this often how far it is, milliseconds: a watch that has gone deaf is noticed by the second time. */
export const STORE_LOOK_MS = 2_000

/** A server whose store has not answered for this long is not ready, milliseconds. */
export const STORE_SILENT_MS = 10_000

/** A store that brings nothing of what it holds for this long at the start is given up, and the server with it, milliseconds. */
export const STORE_LOAD_MS = 15_000

/** A stream that made room is remembered in the store as gone for this long, milliseconds, so that all servers hear of it; then so many at a look are forgotten. */
export const MARKERS_KEPT_MS = 600_000
export const FORGOTTEN_PER_LOOK = 500

/** One question to the NATS store; a cluster that has lost its leader has another within a second or two, milliseconds. */
export const STORE_ANSWER_MS = 2_000
export const STORE_PAUSE_MS = 250

/** A change is tried this long before its publisher hears `not-kept`, milliseconds; its own patience is 15 s. */
export const KEEP_MS = 8_000

/** Changes that the store refused are said to it again, so many in a tick: a store that comes back must not be met by all of them. */
export const KEPT_AGAIN_PER_TICK = 100

/** The book of keys is tried this long: as long as another server may take to answer a call, milliseconds. */
export const CLAIM_MS = CALL_MS

/** A stopping server waits this long for what it was asked, and then for writes under way, milliseconds: with DRAIN_MS less than 5 s. */
export const SETTLE_MS = 1_500
export const STORE_CLOSE_MS = 1_000
