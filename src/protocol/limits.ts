// Every bound of the wire, with what it stops. SPEC.md names them; both sides hold them.

/** A frame on a peer link or a local port, bytes: a message that every browser sends whole, and the most one message can cost us. */
export const MAX_FRAME_BYTES = 64 * 1024

/** Payload of one packet: a frame less its header and fields, with room to spare. */
export const MAX_PACKET_BYTES = 60 * 1024

/** Pages in one request: what a peer may make us remember, load and resend for one question. */
export const MAX_PAGES_PER_REQUEST = 32

/** Parts of one page: the largest page (prediction rows) is 5 packets; more would be memory for nothing. */
export const MAX_PARTS_PER_PAGE = 8

/** Encodings of pages that a request can name: there is one, and room for a few to come. */
export const MAX_ENCODINGS = 8

/** Packet numbers in one `missing`: all packets a request can have. */
export const MAX_PACKETS_PER_REQUEST = MAX_PAGES_PER_REQUEST * MAX_PARTS_PER_PAGE

/** Page requests of one peer that we serve at a time; a further one is refused as `busy`. */
export const MAX_REQUESTS_SERVED = 4

/** Pages of one peer in our memory that are not yet verified. A packet that would begin a third is dropped and asked for again. */
export const MAX_UNVERIFIED_PAGES = 2

/** Bytes a link may have on the way that the other side has not yet consumed: bounds what a fast peer can pile up in us. */
export const LINK_WINDOW_BYTES = 1024 * 1024

/** Credit is said whenever this many bytes more are consumed: often enough to measure the delay of the line by. */
export const CREDIT_EVERY_BYTES = 16 * 1024

/** Frames in a row that a peer may send us for nothing; an honest one has at most a window of cancelled packets under way. */
export const MAX_USELESS_FRAMES = 1_024

/** A link that has not proved who it is by then is closed, milliseconds. */
export const LINK_AUTH_MS = 10_000

/** `completed` is repeated at this interval until it is answered, milliseconds. */
export const COMPLETED_REPEAT_MS = 1_000

/** `completed` repeated this often without an answer: the receiver is gone and the request's state is dropped. */
export const COMPLETED_REPEATS = 15

/** A peer that owes us an answer and sends nothing for this long is cut, milliseconds. */
export const SILENCE_MS = 10_000

/** Rows in one frame over a local port: as many of the largest row of its form as fit. */
export const MAX_ROWS_PER_ANSWER = 800
export const MAX_PREDICTIONS_PER_ANSWER = 200

/** Loose rows in one frame over a local port, of either form, each with its number and mark. */
export const MAX_LOOSE_PER_ANSWER = 190

/** What the engine may keep of one stream, bytes: it is half a megabyte today. More would fill the disk with what can be learnt again. */
export const MAX_LEARNT_BYTES = 2 * 1024 * 1024

/** What the engine may keep of all streams, bytes: a thousand of them. Who follows ten thousand must not find the disk full of what can be learnt again. */
export const MAX_LEARNT_BYTES_IN_ALL = 512 * 1024 * 1024

/** Siblings in a proof: a tree of 2^32 leaves has no more levels. */
export const MAX_PROOF_HASHES = 32

/** Codes and messages that a stranger may make us show, bytes. */
export const MAX_CODE_BYTES = 40
export const MAX_REASON_BYTES = 240

/** Peers that a person can refuse at a time, those of a few minutes among them: their list is one frame, and is looked through at each new link. */
export const MAX_REFUSED_PEERS = 256

/** Of these, for good: what is kept over a reload stays a small text, and there is always room for those refused for a while. */
export const MAX_BANNED_PEERS = 200

/** Links that the data process keeps at a time: each costs buffers and attention. */
export const MAX_LINKS = 32

/** Streams in one `follow` or `unfollow`. */
export const MAX_FOLLOWED_PER_FRAME = 1_000

/** Streams that one peer may follow: bounds the table a stranger can make us keep. */
export const MAX_FOLLOWED_PER_LINK = 2_000

/** Parts of a fork's evidence: two heads, two proofs and the largest page. */
export const MAX_EVIDENCE_PARTS = 6
export const MAX_EVIDENCE_BYTES = MAX_EVIDENCE_PARTS * MAX_PACKET_BYTES

/** Histories of earlier epochs kept aside for one stream: a publisher that begins epoch after epoch must not fill our disk. The oldest goes first. */
export const MAX_ARCHIVED = 4

// --- signaling -----------------------------------------------------------------------------------------------------

/** One JSON message to or from the signaling server, bytes: an SDP with many candidates is under 16 KiB. */
export const MAX_SIGNALING_BYTES = 32 * 1024

/** One session description or ICE candidate, characters. */
export const MAX_SIGNAL_CHARS = 24 * 1024

/** The server holds a lone rendezvous caller this long, milliseconds; a matched pair is dropped after the same time. */
export const RENDEZVOUS_MS = 60_000

/** Rendezvous keys that one caller may hold at a time: a caller cannot fill the server's table. */
export const MAX_RENDEZVOUS_PER_CALLER = 16

/** Signals through one rendezvous, each way: an offer or answer and its candidates. */
export const MAX_SIGNALS = 64

/** A newcomer is announced to the publisher and at most this many random members: a join costs the same in any topic. */
export const MAX_ANNOUNCED = 12

/** Streams one node may publish or subscribe to through one server. */
export const MAX_STREAMS_PER_NODE = 2_000

/** A stopping server may send a node away for at most this long, milliseconds: no server switches nodes off. */
export const MAX_RETRY_AFTER_MS = 60_000

/** Members in one list of a stream's peers: one topic must not make us dial a crowd. */
export const MAX_LISTED_PEERS = 32

/** Streams in one directory answer. */
export const MAX_DIRECTORY_ENTRIES = 20

/** A newcomer without an offer asks again after this long, milliseconds, and then everyone told must answer. */
export const OFFER_WAIT_MS = 2_000

/** A connection that has not checked in by then is closed by the server, milliseconds. */
export const CHECK_IN_MS = 10_000
