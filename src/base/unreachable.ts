/** Ends an exhaustive switch: a new union member that is not handled fails to compile here. */
export const unreachable = (never: never): never => {
  throw new Error(`unreachable: ${JSON.stringify(never)}`)
}
