// Bounds that are the server's own business; those that both sides must know are in src/protocol/limits.ts.

/** WebSockets at a time: about 6 KiB each while idle, and one file descriptor (many systems give a process 20,000). */
export const MAX_CONNECTIONS = 10_000

/** Plain HTTP sockets beside them: someone who opens sockets and says nothing cannot use up the descriptors. */
export const MAX_HTTP_SOCKETS = 512

/** An HTTP request whose headers have not come by then is dropped, milliseconds: slow-header attacks. */
export const HEADERS_TIMEOUT_MS = 10_000

/** Frames of one fragmented message: tiny fragments cost a hundred times their size in memory. */
export const MAX_FRAGMENTS = 16

/** Network reads that one unfinished message may arrive in: a message of one-byte segments is no message. */
export const MAX_BUFFERED_CHUNKS = 256

/** Bytes waiting for one reader: a node that stops reading must not keep our memory. */
export const MAX_BUFFERED_BYTES = 1024 * 1024

/** Messages of one connection, in a burst and in the long run; beyond it the server does not read on for a while. */
export const MESSAGE_BURST = 500
export const MESSAGES_PER_SECOND = 100

/** A directory question counts as this many messages: it may look at MAX_DIRECTORY_SCAN streams. */
export const DIRECTORY_COST = 10

/** Streams looked at for one page of the directory: a search that finds nothing must not stop the server. */
export const MAX_DIRECTORY_SCAN = 5_000

/** Messages that no schema knows: after this many the other side is no node. */
export const MAX_MALFORMED = 10

/** Streams in the directory, about 1.5 KiB each: those whose publisher left longest ago make room first. */
export const MAX_LISTED_STREAMS = 50_000

/** Directories (one per stream followed) that one node watches; the one asked for longest ago is forgotten. */
export const MAX_WATCHES_PER_NODE = 256

/** Directory news to one watcher in one tick: 2,000 new streams must not overrun MAX_BUFFERED_BYTES. */
export const LISTED_PER_TICK = 100

/** Directory news to all watchers in one tick (measured: 10,000 sends take about 0.2 s); the rest waits. */
export const LISTED_SENDS_PER_TICK = 10_000

/** Rendezvous keys remembered as used; 60 s of a thousand introductions a second, then the oldest go first. */
export const MAX_USED_KEYS = 65_536

/** The server's pulse, milliseconds: every deadline is looked at once in a tick. */
export const TICK_MS = 1_000

/** A connection is pinged this often and cut after this long without a word: sockets of vanished machines. */
export const HEARTBEAT_MS = 30_000
export const SILENT_MS = 75_000

/** A stopping server waits this long for its connections to say goodbye, milliseconds. */
export const DRAIN_MS = 3_000
