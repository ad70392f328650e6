// Profiles and compliance policies, and for whom they are.
import type { PlatformName, Profile } from '../../protocol/vocabulary.js';
import { type Assignment, toAll, toNobody } from '../core/assignment.js';
import type { CompliancePolicy } from '../core/compliance-types.js';
import { idOf } from '../core/identifiers.js';
import { shareAPlatform } from '../core/platforms.js';
import type { TraitsByPlatform } from '../core/traits.js';
import type { AssignedProfile } from '../core/types.js';
import { judge, meaning } from './judge.js';
import type { Groups } from './people.js';
import type { Path, Report } from './problems.js';
import { type Common, entryWords, formerEntry } from './profile-words.js';
import { writtenOut } from './short-forms.js';
import { complianceWords } from './words.js';

const mostProfiles = 1000;

/** What policies are read with. */
export interface Reading {
  readonly groups: Groups;
  readonly users: ReadonlyMap<string, string>;
  readonly traits: TraitsByPlatform;
  readonly report: Report;
}

export const profileId = (authority: string, name: string, platforms: readonly PlatformName[] = []): string =>
  idOf('profile', authority, name, ...platforms);
export const complianceId = (authority: string, name: string): string => idOf('compliance', authority, name);

export function readProfiles(items: readonly unknown[], reading: Reading): AssignedProfile[] {
  const made: AssignedProfile[] = [];
  const ids = new Set<string>();
  for (const [index, item] of items.entries()) {
    const at = ['profiles', index];
    for (const { profile, platforms, nameAt, entry } of readEntry(item, at, reading)) {
      const { authority } = entry;
      if (made.length === mostProfiles) {
        reading.report(at, `a tenant has ${mostProfiles} profiles at most`);
        return made;
      }
      const isTwice = made.some(
        (other) =>
          other.authority === authority &&
          other.profile.name === profile.name &&
          shareAPlatform(other, { ...(platforms !== undefined && { platforms }) }),
      );
      if (isTwice) reading.report(nameAt, `${authority} has "${profile.name}" twice`); // A8
      const id = entry.id ?? profileId(authority, profile.name, platforms);
      if (ids.has(id) && !isTwice) reading.report([...at, 'id'], `the id ${id} is used twice`);
      ids.add(id);
      const assignment = assignmentOf(entry, at, reading);
      made.push({ id, authority, profile, assignment, ...(platforms !== undefined && { platforms }) });
    }
  }
  return made;
}

interface Read {
  readonly profile: Profile;
  readonly platforms: readonly PlatformName[] | undefined;
  readonly entry: Common;
  readonly nameAt: Path;
}

function readEntry(item: unknown, at: Path, { traits, report }: Reading): Read[] {
  if (typeof item === 'object' && item !== null && 'profile' in item) {
    const entry = judge(formerEntry, item, at, report);
    if (entry === undefined) return [];
    return [{ profile: entry.profile, platforms: entry.platforms, entry, nameAt: [...at, 'profile', 'name'] }];
  }
  const kind = kindOf(item);
  if (kind === undefined) {
    report([...at, 'kind'], `expected kind: one of ${kinds.join(', ')}${guessed(item)}`);
    return [];
  }
  const entry = judge(entryWords[kind], item, at, report);
  if (entry === undefined) return [];
  return writtenOut(entry, traits, at, report).map(({ profile, platforms = entry.platforms }) => ({
    profile,
    platforms,
    entry,
    nameAt: [...at, 'name'],
  }));
}

const kinds = Object.keys(entryWords) as (keyof typeof entryWords)[];

function guessed(item: unknown): string {
  const given: unknown = typeof item === 'object' && item !== null ? Reflect.get(item, 'kind') : undefined;
  return typeof given === 'string' ? meaning(given, kinds) : '';
}

function kindOf(item: unknown): keyof typeof entryWords | undefined {
  if (typeof item !== 'object' || item === null || !('kind' in item)) return undefined;
  return kinds.find((kind) => kind === item.kind);
}

export function readCompliance(items: readonly unknown[], reading: Reading): CompliancePolicy[] {
  const ids = new Set<string>();
  return items.flatMap((item, index): CompliancePolicy[] => {
    const at = ['compliance', index];
    const read = judge(complianceWords, item, at, reading.report);
    if (read === undefined) return [];
    const { name, authority = 'intune', pin = false, encryption = false, grace = 0, platforms } = read;
    const id = read.id ?? complianceId(authority, name);
    if (ids.has(id)) reading.report([...at, read.id === undefined ? 'name' : 'id'], `${authority} has "${name}" twice`);
    ids.add(id);
    return [
      {
        id,
        authority,
        name,
        pin: pin !== false,
        encryption: encryption !== false,
        graceMs: grace,
        assignment: assignmentOf(read, at, reading),
        ...(platforms !== undefined && { platforms }),
      },
    ];
  });
}

function assignmentOf(
  { assign, assignedTo }: Pick<Common, 'assign' | 'assignedTo'>,
  at: Path,
  { groups, users, report }: Reading,
): Assignment {
  const usersIn = (names: readonly string[], place: Path) =>
    names.flatMap((name, index) => {
      const id = users.get(name) ?? users.get(name.toLowerCase());
      if (id === undefined) report([...place, index], `no user ${name} is listed`);
      return id ?? [];
    });
  if (assignedTo !== undefined) {
    if (assign !== undefined) report([...at, 'assignedTo'], 'is said by assign too', 'key');
    if (assignedTo === 'all') return toAll;
    return { to: { users: usersIn(assignedTo, [...at, 'assignedTo']), groups: [] }, except: [] };
  }
  if (assign === undefined || assign === 'all') return toAll;
  if (assign === 'nobody') return toNobody;
  const place = [...at, 'assign'];
  const except = groups.allMentioned(assign.exclude ?? [], [...place, 'exclude']);
  if (assign.users === undefined && assign.groups === undefined) return { to: 'all', except };
  const to = {
    users: usersIn(assign.users ?? [], [...place, 'users']),
    groups: groups.allMentioned(assign.groups ?? [], [...place, 'groups']),
  };
  return { to, except };
}
