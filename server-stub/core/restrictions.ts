// Enrollment restrictions as administrators change them (E07 to E11, E17, E19, E24). Who is enrolled stays enrolled.
import { stubError } from '../errors.js';
import type { EnrollmentSettings } from './admission-interfaces.js';
import type { EnrollmentRestriction } from './admission-types.js';
import { saveMeta } from './changes.js';
import { assertFits } from './descriptions.js';
import type { Restrictions } from './interfaces.js';
import { isBeyond, isVersion } from './os-version.js';
import { defaultRestrictionId } from './restriction-index.js';
import type { TenantState } from './state.js';

/** Restrictions a tenant may have. */
export const mostRestrictions = 100_000;

export const restrictions = (state: TenantState): Restrictions => ({
  restrictions: () => state.admission.restrictions.list(),
  restriction: (id) => state.admission.restrictions.find(id),
  putRestriction: (restriction) => put(state, restriction),
  setRestrictionPriority: (id, priority) => setPriority(state, id, priority),
  removeRestriction: (id) => remove(state, id),
  setEnrollmentSettings: (change, by) => setSettings(state, change, by),
});

function put(state: TenantState, given: EnrollmentRestriction): EnrollmentRestriction {
  const { restrictions: index } = state.admission;
  const known = index.find(given.id);
  const isDefault = given.id === defaultRestrictionId;
  if (isDefault && given.kind === 'limit') throw wrong('the default limit is the setting deviceLimitPerUser');
  if (isDefault && given.groups.length > 0) throw wrong('the default is for everybody');
  if (known !== undefined && known.kind !== given.kind) throw wrong('a restriction stays of its kind');
  if (known === undefined && index.sizeOf(given.kind) >= mostRestrictions) {
    throw wrong(`a tenant holds ${mostRestrictions} at most`);
  }
  const restriction: EnrollmentRestriction = { ...given, priority: index.rankFor(given.id, given.kind) };
  assertFits('restriction', restriction);
  requireVersions(restriction);
  const before = new Set(known?.groups); // one of them may have been deleted since
  const missing = restriction.groups.find((id) => !before.has(id) && state.directory.group(id) === undefined);
  if (missing !== undefined) throw wrong(`no group has the id ${missing}`);
  state.saver.requireWritable();
  store(state, restriction);
  state.events.emit({ type: 'restriction', restriction: restriction.id, name: restriction.displayName });
  return index.find(restriction.id) ?? restriction;
}

function setSettings(state: TenantState, change: Partial<EnrollmentSettings>, by: string): void {
  const { deviceLimitPerUser: limit, minimumOs = {}, minimumCompanyPortal = {} } = change;
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1 && limit <= 1_000_000)) {
    throw wrong('a limit is a number from 1 to 1,000,000');
  }
  for (const version of [...Object.values(minimumOs), ...Object.values(minimumCompanyPortal)]) {
    if (!isVersion(version)) throw wrong(`"${version}" is no version: numbers with points between them, such as 17.0`);
  }
  state.saver.requireWritable();
  const known = Object.entries(change).filter(([, value]) => value !== undefined);
  const {
    minimumOs: os,
    minimumCompanyPortal: portal,
    ...settings
  } = { ...state.settings, ...Object.fromEntries(known) };
  state.settings = {
    ...settings,
    ...(isSome(os) && { minimumOs: os }),
    ...(isSome(portal) && { minimumCompanyPortal: portal }),
  };
  state.isReplaced = true; // no configuration says them any more
  saveMeta(state);
  state.ports.log.info('SETTINGS_CHANGED', { by, changed: known.map(([key]) => key).join(' ') });
}

const isSome = <T extends object>(versions: T | undefined): versions is T => Object.keys(versions ?? {}).length > 0;

function requireVersions(restriction: EnrollmentRestriction): void {
  if (restriction.kind !== 'platforms') return;
  for (const [platform, { osMinimum, osMaximum } = {}] of Object.entries(restriction.platforms)) {
    for (const version of [osMinimum, osMaximum]) {
      if (version !== undefined && !isVersion(version)) {
        throw wrong(`${platform}: "${version}" is no version: numbers with points between them, such as 17.0`);
      }
    }
    if (osMinimum !== undefined && osMaximum !== undefined && isBeyond(osMinimum, osMaximum)) {
      throw wrong(`${platform}: no version is at least ${osMinimum} and at most ${osMaximum}`);
    }
  }
}

function setPriority(state: TenantState, id: string, priority: number): void {
  const { restrictions: index } = state.admission;
  const moved = index.find(id);
  if (moved === undefined) throw wrong(`none has the id ${id}`);
  if (moved.priority === 0) throw wrong('the default is behind all others, always');
  const size = index.sizeOf(moved.kind);
  if (!Number.isInteger(priority) || priority < 1 || priority > size) throw wrong(`the priority is from 1 to ${size}`);
  state.saver.requireWritable();
  const rest = index.ranked(moved.kind).flatMap((each) => (each.id === id ? [] : [each.id]));
  const changed = index.reorder(moved.kind, [...rest.slice(0, priority - 1), id, ...rest.slice(priority - 1)]);
  for (const each of changed) state.saver.record('restriction', each.id, each);
}

function remove(state: TenantState, id: string): void {
  const { restrictions: index } = state.admission;
  const known = index.find(id);
  if (id === defaultRestrictionId) throw wrong('the default stays: set it to restrict nothing');
  if (known === undefined) return;
  state.saver.requireWritable();
  index.remove(id);
  state.saver.record('restriction', id, undefined);
  state.events.emit({ type: 'restriction', restriction: id, removed: true });
}

function store(state: TenantState, restriction: EnrollmentRestriction): void {
  state.admission.restrictions.put(restriction);
  state.saver.record('restriction', restriction.id, restriction);
}

const wrong = (why: string) => stubError('REQUEST_INVALID', `This enrollment restriction cannot be taken: ${why}`);
