/** Milliseconds that this process has computed: unlike the clock they do not count what others do meanwhile. */
export const ownProcessorMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
