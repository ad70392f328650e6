// Headwind knows no users. By convention each user is a group, whose numeric id travels in the QR code and in the enrollment.
import { createHash } from 'node:crypto';
import type { Users } from '../core/interfaces.js';
import type { User } from '../core/types.js';

/** Ids of users lie here; a group of another id is one that nobody here knows, and is passed over as the server does. */
const lowest = 1_000_000_000;
const highest = 2_147_483_647; // java.lang.Integer

/** Names that were asked for lately, so that a refusal can say who was meant. */
const fewNames = 10_000;
const longestName = 256;

export interface Groups {
  /** Id of the group that stands for this user, whether or not there is one of this name. The same after a restart. */
  idOf(upn: string): number;
  /** Whom a group of an enrollment stands for: the user, or a name that nobody has; undefined where it stands for nobody. */
  find(id: string): { readonly user?: User; readonly name: string } | undefined;
}

export function createGroups(tenant: Users): Groups {
  /** Of every user that was there at the last look. */
  const users = new Map<number, string[]>();
  const asked = new Map<number, string>();
  const hashes = new Map<string, number>();

  const hashed = (upn: string): number => {
    const name = upn.toLowerCase();
    const hash = createHash('sha256').update(name).digest();
    return lowest + (hash.readUInt32BE(0) % (highest - lowest + 1));
  };
  const look = (): void => {
    users.clear();
    for (const { id, upn } of tenant.users()) {
      const group = hashes.get(upn) ?? hashed(upn);
      hashes.set(upn, group);
      users.set(group, [...(users.get(group) ?? []), id]);
    }
    if (hashes.size > 2 * users.size + fewNames) hashes.clear();
  };
  const usersOf = (group: number): User[] =>
    (users.get(group) ?? []).flatMap((id) => {
      const user = tenant.user(id);
      return user !== undefined && hashed(user.upn) === group ? [user] : [];
    });

  return {
    idOf(upn) {
      const group = hashed(upn);
      asked.delete(group);
      asked.set(group, upn.slice(0, longestName));
      const [oldest] = asked.keys();
      if (asked.size > fewNames && oldest !== undefined) asked.delete(oldest);
      return group;
    },
    find(text) {
      const group = /^\d{10}$/.test(text) ? Number(text) : Number.NaN;
      if (!(group >= lowest && group <= highest)) return undefined;
      let found = usersOf(group);
      if (found.length === 0) {
        look();
        found = usersOf(group);
      }
      const name = asked.get(group);
      // Two names may come to the same id, one pair in so many thousand users: then it is who was asked for last.
      const user = found.find(({ upn }) => upn.toLowerCase() === name?.toLowerCase()) ?? found[0];
      return user === undefined ? { name: name ?? `group ${group}` } : { user, name: user.upn };
    },
  };
}
