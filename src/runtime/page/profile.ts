/** `?profile=NAME` gives a second, separate node in the same browser: own identity, database and lock. */
export const profileOf = (search: string): string => {
  const name = new URLSearchParams(search).get('profile') ?? ''
  return /^[\w-]{1,40}$/.test(name) ? name : 'main'
}
