// For whom something is, in Graph's words: the targets of `assign` and `assignments`.
import { z } from 'zod';
import type { Assignment } from '../core/assignment.js';
import type { Groups, Users } from '../core/interfaces.js';
import { stubError } from '../errors.js';
import type { StubRequest } from '../http-types.js';
import type { Row } from './filter.js';
import { readBody } from './graph.js';

const words = {
  allDevices: '#microsoft.graph.allDevicesAssignmentTarget',
  allUsers: '#microsoft.graph.allLicensedUsersAssignmentTarget',
  group: '#microsoft.graph.groupAssignmentTarget',
  exclusion: '#microsoft.graph.exclusionGroupAssignmentTarget',
  /** By convention: Graph assigns to groups alone. */
  user: '#rollcall.userTarget',
} as const;

const id = z.string().min(1).max(200);

/** Everybody is every device, those without a user too: the two words of Graph mean the same here. */
const target = z.discriminatedUnion('@odata.type', [
  z.looseObject({ '@odata.type': z.literal(words.allDevices) }),
  z.looseObject({ '@odata.type': z.literal(words.allUsers) }),
  z.looseObject({ '@odata.type': z.literal(words.group), groupId: id }),
  z.looseObject({ '@odata.type': z.literal(words.exclusion), groupId: id }),
  z.looseObject({ '@odata.type': z.literal(words.user), userId: id }),
]);

const assigning = z.strictObject({ assignments: z.array(z.looseObject({ target })).max(1000) });

/**
 * The body of `assign`: it takes the place of what was assigned before. Throws REQUEST_INVALID: an unknown target, or a group or user
 * that does not exist.
 */
export function readAssignment(tenant: Groups & Users, request: StubRequest): Assignment {
  const users = new Set<string>();
  const groups = new Set<string>();
  const except = new Set<string>();
  let isForAll = false;
  for (const { target: asked } of readBody(assigning, request).assignments) {
    switch (asked['@odata.type']) {
      case words.user:
        users.add(userId(tenant, asked.userId));
        break;
      case words.group:
        groups.add(groupId(tenant, asked.groupId));
        break;
      case words.exclusion:
        except.add(groupId(tenant, asked.groupId));
        break;
      default:
        isForAll = true;
    }
  }
  const both = [...groups].find((each) => except.has(each));
  if (both !== undefined) throw stubError('REQUEST_INVALID', `The group ${both} is both included and excluded`);
  return { to: isForAll ? 'all' : { users: [...users], groups: [...groups] }, except: [...except] };
}

function userId(tenant: Users, name: string): string {
  const user = tenant.user(name);
  if (user === undefined) throw stubError('REQUEST_INVALID', `No user has the id ${name}`);
  return user.id;
}

function groupId(tenant: Groups, name: string): string {
  if (tenant.group(name) === undefined) throw stubError('REQUEST_INVALID', `No group has the id ${name}`);
  return name;
}

/** The assignment of what has this id, as Graph lists it. `type` is the row's own, `#microsoft.graph.deviceConfigurationAssignment`. */
export function assignmentRows(ofId: string, { to, except }: Assignment, type: string): readonly Row[] {
  const row = (suffix: string, name: string, more: Row): Row => ({
    '@odata.type': type,
    id: `${ofId}_${suffix}`,
    target: { '@odata.type': name, ...more },
  });
  const included =
    to === 'all'
      ? [row('all', words.allDevices, {})]
      : [
          ...to.users.map((each) => row(each, words.user, { userId: each })),
          ...to.groups.map((each) => row(each, words.group, { groupId: each })),
        ];
  return [...included, ...except.map((each) => row(each, words.exclusion, { groupId: each }))];
}

export const assignmentFields: ReadonlySet<string> = new Set(['@odata.type', 'id', 'target']);
