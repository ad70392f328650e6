// Who is asked to check in because something that is assigned has changed: in the background, part by part, and after a restart on.
import type { Authority, PlatformName } from '../../protocol/vocabulary.js';
import { type Assignment, isAssigned } from './assignment.js';
import type { AssignedForm, AssignmentWalk } from './assignment-walk-types.js';
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

/** Forms of one thing that are remembered while devices are asked, where it changes faster than they are. */
const keptForms = 16;

/**
 * Asks the devices to which this was assigned before, or is now, to check in; those of an earlier change of the same thing that were not
 * asked yet are asked by this one.
 */
export function notifyAssigned(state: TenantState, before: Assigned | undefined, after: Assigned | undefined): void {
  const { id } = before ?? after ?? { id: '' };
  const { order } = state.index;
  state.walks.cancel(({ name }) => name === nameOf(id));
  const former = state.assignmentWalks.get(id);
  const asked = former?.walk.cursor ?? fromTheStart;
  const forms = (former?.forms ?? []).map((form) => ({ ...form, after: Math.max(form.after, asked) }));
  for (const form of [before, after]) {
    if (form !== undefined && !isForNobody(form.assignment)) forms.push(formOf(form));
  }
  if (order.size === 0 || forms.length === 0) return;
  const kept = forms.slice(-keptForms);
  const walk = begin(state, id, { forms: kept, last: order.last, cursor: fromTheStart });
  state.saver.record('asking', id, { forms: kept, last: walk.last });
  state.saver.record('asked', id, walk.cursor);
  state.walks.add(walk);
}

/** After a restart: those that were under way go on. To be called once devices can be reached. */
export function resumeAssignmentWalks(state: TenantState): void {
  for (const { walk } of state.assignmentWalks.values()) state.walks.add(walk);
}

/** Whether the device is still to be asked because of an assignment. */
export function isToBeAsked(state: TenantState, device: TenantDevice): boolean {
  for (const { walk } of state.assignmentWalks.values()) {
    const { sequence } = device.record;
    if (sequence > walk.cursor && sequence <= walk.last && walk.isAsked(device)) return true;
  }
  return false;
}

interface Beginning {
  readonly forms: readonly AssignedForm[];
  readonly last: number;
  readonly cursor: number;
}

/** It takes the place of the one for the same thing, which was cancelled. */
export function begin(state: TenantState, id: string, { forms, last, cursor }: Beginning): AssignmentWalk['walk'] {
  const walk: AssignmentWalk['walk'] = {
    name: nameOf(id),
    why: 'assignment',
    cursor,
    last,
    after: (sequence) => state.index.order.after(sequence),
    isAsked: (device) => device.record.status === 'enrolled' && forms.some((form) => isFor(state, form, device)),
    store() {
      if (walk.cursor < last) {
        state.assignmentWalks.set(id, { forms, walk });
        state.saver.record('asked', id, walk.cursor);
        return;
      }
      state.assignmentWalks.delete(id);
      state.saver.record('asking', id, undefined);
      state.saver.record('asked', id, undefined);
    },
  };
  state.assignmentWalks.set(id, { forms, walk });
  return walk;
}

const nameOf = (id: string): string => `assignment ${id}`;

const formOf = ({ authority, assignment, platforms }: Assigned): AssignedForm => ({
  authority,
  assignment,
  ...(platforms !== undefined && { platforms }),
  after: fromTheStart,
});

function isFor({ directory }: TenantState, form: AssignedForm, { record }: TenantDevice): boolean {
  if (record.sequence <= form.after) return false;
  if (record.managedBy !== form.authority || !isForPlatform(form, record.platform)) return false;
  const { to, except } = form.assignment;
  if (to === 'all' && except.length === 0) return true;
  if (record.userId === undefined) return to === 'all';
  return isAssigned(form.assignment, record.userId, directory.groupsOf(record.userId));
}

const isForNobody = ({ to }: Assignment): boolean => to !== 'all' && to.users.length + to.groups.length === 0;
