import { buildAll } from '../../signaling/launch/build.mjs'

/** End-to-end tests run what people run: the built app and server, made again when a source has changed. */
export const setup = (): Promise<void> => buildAll()
