/** What can go wrong with a call on its way: decided per call, by whoever runs the simulation. */

export type Fault =
  /** AWS answers that there were too many calls. */
  | { readonly kind: 'throttled' }
  /** An answer with this error and status, without effect. */
  | { readonly kind: 'error'; readonly code: string; readonly status: number }
  /** The call takes effect, and its answer never comes. */
  | { readonly kind: 'answer lost' }
  /** Nothing happens and nothing comes back. */
  | { readonly kind: 'hang' };

/** Decides on one call; undefined lets it through. */
export type FaultPlan = (operation: string) => Fault | undefined;

export const NO_FAULTS: FaultPlan = () => undefined;
