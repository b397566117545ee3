/** Where the manifest's share target sends a file that another app shares with this one, and the field that holds it. */
export const SHARE_PATH = '/share'
export const SHARE_FIELD = 'csv'
