import type { Bytes } from '../base/bytes.ts'
import type { Pipe } from '../ports/pipe.ts'

/** Said to the page that holds the other end; see `Pipe.widen`. */
export const WIDEN = 'widen'

/**
 * A pipe over a MessagePort: frames are transferred buffers, `null` says that the other end has closed (a port itself
 * does not tell). Whatever else arrives is not ours and closes the pipe.
 */
export const createPortPipe = (port: MessagePort): Pipe => {
  let closed = false
  let handleFrame: (frame: Bytes) => void = () => undefined
  let handleClose: () => void = () => undefined
  const end = (): void => {
    if (closed) return
    closed = true
    port.close()
    handleClose()
  }
  port.onmessage = (event: MessageEvent<unknown>) => {
    if (event.data instanceof ArrayBuffer) handleFrame(new Uint8Array(event.data))
    else end()
  }
  return {
    send: (frame) => {
      if (closed) return
      const whole = frame.byteLength === frame.buffer.byteLength ? frame : frame.slice()
      port.postMessage(whole.buffer, [whole.buffer])
    },
    // Frames queue in the port until a handler is there: `start` is what lets them out.
    onFrame: (handle) => {
      handleFrame = handle
      port.start()
    },
    onClose: (handle) => {
      handleClose = handle
    },
    close: () => {
      if (closed) return
      port.postMessage(null)
      end()
    },
    widen: () => {
      if (!closed) port.postMessage(WIDEN)
    },
  }
}
