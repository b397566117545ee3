import { at, type Stateful } from './state.ts'

/** A bandit: which kind of candidates is worth the next round. */
export interface Arms extends Stateful {
  /** UCB1 (Auer, Cesa-Bianchi, Fischer 2002): every arm once, then by success and doubt. */
  choose(): number
  hear(arm: number, won: boolean): void
  rounds(arm: number): number
}

/** How much doubt counts: the usual 2 is for many more rounds than a stream sees. */
const DOUBT = 0.5

export function createArms(count: number): Arms {
  const rounds = new Float64Array(count)
  const wins = new Float64Array(count)

  function worth(arm: number, total: number): number {
    const tried = at(rounds, arm)
    return tried === 0 ? Infinity : at(wins, arm) / tried + Math.sqrt((DOUBT * Math.log(total)) / tried)
  }

  return {
    state: [rounds, wins],
    rounds: (arm) => at(rounds, arm),
    choose() {
      const total = rounds.reduce((sum, tried) => sum + tried, 0)
      let best = 0
      for (let arm = 1; arm < count; arm++) if (worth(arm, total) > worth(best, total)) best = arm
      return best
    },
    hear(arm, won) {
      rounds[arm] = at(rounds, arm) + 1
      if (won) wins[arm] = at(wins, arm) + 1
    },
  }
}
