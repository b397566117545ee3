import { ok, type Result } from '../../base/result.ts'
import { SHARED_CACHE, takeShared } from '../shared-files.ts'

/** As far as this file needs it; TypeScript's DOM does not know it yet. */
interface LaunchQueue {
  setConsumer(consumer: (launch: { readonly targetURL?: string; readonly files: readonly { getFile(): Promise<File> }[] }) => void): void
}

/**
 * Hands over what the system opens this app with: a file of its file manager, or one that another app has shared, which the service
 * worker keeps until it is taken here, or why it could not. A window that is open already is also told which page a shortcut means.
 */
export const watchIncoming = (receive: (file: Result<File>) => void): void => {
  const { launchQueue } = globalThis as { readonly launchQueue?: LaunchQueue }
  launchQueue?.setConsumer(({ targetURL, files }) => {
    const hash = targetURL !== undefined && URL.canParse(targetURL) ? new URL(targetURL).hash : ''
    if (hash !== '') location.hash = hash
    // One import at a time: of several files the first. One that was taken away meanwhile is as one that never came.
    void files[0]?.getFile().then((file) => receive(ok(file)), () => undefined)
    void lookForShared(receive)
  })
  void lookForShared(receive)
}

const lookForShared = async (receive: (file: Result<File>) => void): Promise<void> => {
  if (!('caches' in globalThis) || !(await caches.has(SHARED_CACHE))) return
  const file = await takeShared(await caches.open(SHARED_CACHE))
  if (file !== null) receive(file)
}
