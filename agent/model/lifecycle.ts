import { agentError } from '../errors.js';

export const states = ['unenrolled', 'enrolling', 'enrolled', 'switching', 'orphaned'] as const;
/** Where a device stands with its authority. */
export type State = (typeof states)[number];
export type LifecycleEvent = 'invited' | 'joined' | 'refused' | 'switch-asked' | 'removed' | 'wiped';

//               on this event ...                                                    ... go to
const transitions: Record<State, Partial<Record<LifecycleEvent, State>>> = {
  unenrolled: { invited: 'enrolling', wiped: 'unenrolled' },
  enrolling: { joined: 'enrolled', refused: 'unenrolled' },
  enrolled: { 'switch-asked': 'switching', removed: 'unenrolled', wiped: 'unenrolled' },
  switching: { joined: 'enrolled', refused: 'orphaned', removed: 'unenrolled', wiped: 'unenrolled' },
  orphaned: { invited: 'enrolling', removed: 'unenrolled', wiped: 'unenrolled' },
};

/** The state after an event. Throws LIFECYCLE_FORBIDDEN where the table has no row: that is a bug, not a refusal. */
export function step(from: State, event: LifecycleEvent): State {
  const to = transitions[from][event];
  if (to === undefined) throw agentError('LIFECYCLE_FORBIDDEN', `"${event}" while ${from}`);
  return to;
}
