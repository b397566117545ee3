import { failureOf } from '../src/base/result.ts'

/** Where a browser on this machine finds the server. */
const addressOf = (host: string, port: number): string => {
  const everywhere = host === '0.0.0.0' || host === '::' || host === '127.0.0.1' || host === '::1'
  const name = everywhere ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}`
}

/** The one line a newcomer sees when the server runs. */
export const invitation = (host: string, port: number): string => {
  const local = host === '127.0.0.1' || host === '::1' || host === 'localhost'
  const others = local
    ? 'only this machine reaches it; signaling/README.md says how to let others in'
    : 'let others in through HTTPS: signaling/README.md'
  return `Zazen is at ${addressOf(host, port)} – open it in a browser (${others}). Ctrl+C stops it.`
}

/** One line that says why the server does not run and what to do. */
export const explainListenFailure = (
  thrown: unknown,
  { host, port }: { readonly host: string; readonly port: number },
): string => {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null
  if (code === 'EADDRINUSE')
    return `Port ${port} is in use: stop the program that uses it, or choose another port, like this: PORT=${port < 65_535 ? port + 1 : 8080} npm start`
  if (code === 'EACCES')
    return `Port ${port} may not be used by this user: choose one above 1023, for example PORT=8080 npm start`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `HOST=${host} is no address of this machine: leave it out, or use 0.0.0.0 for all.`
  return `The server cannot start: ${failureOf(thrown).message}`
}
