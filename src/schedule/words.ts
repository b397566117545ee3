// The words between the schedule and its driver. Every event brings the time, in milliseconds that never step back.

/** What there is to do for a job, the most urgent first. */
export type Need =
  /** A new row is to be learnt and the next one forecast: somebody waits for it. */
  | 'news'
  /** Nothing is forecast of the stream as it is now. */
  | 'forecast'
  /** It is forecast; more of its history would make the forecasts better. */
  | 'training'

export interface Wish {
  readonly need: Need
  /** Since when it is so: of equal needs the stalest is first. Yet to come: it is not done before. */
  readonly since: number
  /** Rows learnt: of the equally stale the least trained is first. */
  readonly trained: number
}

export type ScheduleEvent = ScheduleNews & { readonly now: number }

type ScheduleNews =
  /** Null: there is nothing to do for the job any more. */
  | { readonly type: 'wish'; readonly job: string; readonly wish: Wish | null }
  /** Share of one core that may be taken, 0 … 1; 0: paused. */
  | { readonly type: 'share'; readonly share: number }
  /** The job that was run has stopped, at its limit or because it is done, and has kept the core busy for so long. */
  | { readonly type: 'ended'; readonly busyMs: number; readonly wish: Wish | null }
  /** The time that was asked for by `wake` has come. */
  | { readonly type: 'woke' }

export type ScheduleEffect =
  /** Works for the job, and stops after `limitMs`. Only one runs at a time. */
  | { readonly type: 'run'; readonly job: string; readonly limitMs: number }
  /** Says `woke` after so long, instead of when it was asked for before; null: never. */
  | { readonly type: 'wake'; readonly afterMs: number | null }
