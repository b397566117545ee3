import type { TextSocket } from './signaling-client.ts'

/** The platform's WebSocket as a text socket. */
export const openWebSocket = (url: string): TextSocket => {
  const socket = new WebSocket(url)
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text)
    },
    close: () => {
      socket.onmessage = null
      socket.onclose = null
      socket.close()
    },
    listen: ({ message, closed }) => {
      socket.onmessage = ({ data }: MessageEvent<unknown>) => {
        message(data)
      }
      socket.onclose = ({ code, reason }) => {
        closed(code, reason)
      }
    },
  }
}
