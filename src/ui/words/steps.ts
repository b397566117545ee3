import { msg } from '@lit/localize'
import type { StartupStep } from '../../neuron/snapshot.ts'

/** What a step of the start-up does. */
export const stepWords = ({ name }: Pick<StartupStep, 'name'>): string => {
  switch (name) {
    case 'browser':
      return msg('Check what this browser can do')
    case 'data':
      return msg('Open the histories kept here')
    case 'identity':
      return msg('Find or make this node’s key')
    case 'engine':
      return msg('Start the forecasting engine')
    case 'server':
      return msg('Check in at the server')
    case 'streams':
      return msg('Look up streams and subscriptions')
  }
}
