// Who is asked to check in because something that is assigned has changed: in the background, part by part.
import type { Authority, PlatformName } from '../../protocol/vocabulary.js';
import { type Assignment, isAssigned } from './assignment.js';
import type { TenantDevice } from './device-state.js';
import { isForPlatform } from './platforms.js';
import type { TenantState } from './state.js';
import { fromTheStart } from './walks.js';

/** Something that is assigned: a profile, a compliance policy. */
interface Assigned {
  readonly id: string;
  readonly authority: Authority;
  readonly assignment: Assignment;
  readonly platforms?: readonly PlatformName[];
}

/** Asks the devices to which this was assigned before, or is now, to check in. Those of earlier changes of the same thing, once. */
export function notifyAssigned(state: TenantState, before: Assigned | undefined, after: Assigned | undefined): void {
  const forms = [before, after].filter((form) => form !== undefined);
  const [first] = forms;
  const { order } = state.index;
  if (first === undefined || order.size === 0 || forms.every(({ assignment }) => isForNobody(assignment))) return;
  const name = `assignment ${first.id}`;
  state.walks.cancel((walk) => walk.name === name);
  state.walks.add({
    name,
    why: 'assignment',
    cursor: fromTheStart,
    last: order.last,
    after: (sequence) => order.after(sequence),
    isAsked: (device) => device.record.status === 'enrolled' && forms.some((form) => isFor(state, form, device)),
  });
}

function isFor({ directory }: TenantState, assigned: Assigned, { record }: TenantDevice): boolean {
  if (record.managedBy !== assigned.authority || !isForPlatform(assigned, record.platform)) return false;
  const { to, except } = assigned.assignment;
  if (to === 'all' && except.length === 0) return true;
  if (record.userId === undefined) return to === 'all';
  return isAssigned(assigned.assignment, record.userId, directory.groupsOf(record.userId));
}

const isForNobody = ({ to }: Assignment): boolean => to !== 'all' && to.users.length + to.groups.length === 0;
