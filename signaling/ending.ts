/**
 * Ends the process when what was open is closed, or could not be: a PeerServer's timers, and a store that could not close, would keep it
 * alive for ever. What went wrong is said first, and is the exit code.
 */
export const endAfter = async (
  closed: Promise<unknown>,
  { failWith, exit }: { readonly failWith: (line: string) => void; readonly exit: () => void },
): Promise<void> => {
  try {
    await closed
  } catch (thrown) {
    failWith(String(thrown))
  }
  exit()
}
