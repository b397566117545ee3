import { join } from 'node:path'
import { unpackedPackage } from './npm-package.ts'

const WEBTORRENT = {
  name: 'webtorrent',
  version: '3.0.21',
  sha512: 'PFgLphma0dsUWmbWrZ016Cja+j+3D3DXuhk09A5u9qVAzH1T4Vj1VZd8j+zb8sDwPv7NA7+qgPtDEN4iFd6wdw==',
}

/**
 * WebTorrent as a page gets it: the browser bundle that its npm package holds. An installation would bring a hundred and seventy
 * packages, five of them with install scripts.
 */
export const webTorrentBundle = (): string => join(unpackedPackage(WEBTORRENT), 'dist/webtorrent.min.js')
