import { fail, ok, type Failure, type Result } from '../../base/result.ts'
import { headBytes, type SignedHead } from '../../domain/head.ts'
import { isKeyless, type StreamId } from '../../domain/stream.ts'
import type { HistoryRecord } from '../../ports/history-store.ts'
import type { Verify } from '../../ports/identity.ts'

/** Whether a head is its stream's author's. */
export const judgeHead = async (
  signed: SignedHead,
  record: { readonly stream: StreamId; readonly identity: HistoryRecord['identity'] },
  verify: Verify,
): Promise<Result<null, Failure<'forged-head'>>> => {
  if (signed.head.stream !== record.stream) return fail('forged-head', 'The head is of another stream.')
  // Under those bytes as a key anybody can sign.
  if (isKeyless(record.identity)) return fail('forged-head', 'Nobody signs the heads of this stream.')
  const good = await verify(record.identity.author, headBytes(signed.head), signed.signature)
  return good ? ok(null) : fail('forged-head', "The head does not carry its publisher's signature.")
}
