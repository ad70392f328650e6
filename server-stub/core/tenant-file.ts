// A tenant file: YAML text in, a frozen TenantConfig out, or every mistake at once.

import { isNode, LineCounter, parseDocument } from 'yaml';
import type { ZodType, z } from 'zod';
import { deepFreeze } from '../../base/freeze.js';
import { stubError } from '../errors.js';
import { toAll } from './assignment.js';
import { idOf } from './identifiers.js';
import { shareAPlatform } from './platforms.js';
import { productsOf } from './products.js';
import { defaultSettings } from './settings.js';
import { tenantProfileSchema, tenantSchema, tenantUserSchema } from './tenant-schema.js';
import type { AssignedProfile, TenantConfig, User } from './types.js';

export type { TenantConfig } from './types.js';

export interface TenantProblem {
  /** `users[3].upn` */
  readonly path: string;
  /** From 1, in the text. */
  readonly line?: number;
  readonly message: string;
}

type Path = readonly PropertyKey[];
type Report = (path: Path, message: string) => void;

const largestText = 8 * 1024 * 1024;
const mostUsers = 1_000_000;
const mostProblems = 1000;

/** Throws TENANT_INVALID with all problems in `details.problems`. */
export function readTenantFile(text: string): TenantConfig {
  if (text.length > largestText) {
    throw tenantInvalid([{ path: '', message: `the file is longer than ${largestText} characters` }]);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0) {
    throw tenantInvalid(
      document.errors.map(({ message, pos }) => ({
        path: '',
        line: lines.linePos(pos[0]).line,
        message: message.split('\n')[0] ?? message,
      })),
    );
  }
  const problems: TenantProblem[] = [];
  const report: Report = (path, message) => {
    if (problems.length === mostProblems) return;
    const line = lineOf(path);
    problems.push({ path: pathText(path), ...(line === undefined ? {} : { line }), message });
  };
  const lineOf = (path: Path): number | undefined => {
    for (let depth = path.length; depth >= 0; depth--) {
      const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
    }
    return undefined;
  };

  let raw: unknown;
  try {
    raw = document.toJS({ maxAliasCount: 1000 }) ?? {};
  } catch (cause) {
    throw tenantInvalid([{ path: '', message: cause instanceof Error ? cause.message : 'not readable' }]);
  }
  const config = toConfig(raw, report);
  if (problems.length > 0 || config === undefined) throw tenantInvalid(problems);
  return deepFreeze(config);
}

function toConfig(raw: unknown, report: Report): TenantConfig | undefined {
  const top = judge(tenantSchema, raw, [], report);
  // Even when the rest is wrong, the lists are looked at, if they are lists.
  const listed = (key: 'users' | 'profiles'): readonly unknown[] => {
    const list: unknown = typeof raw === 'object' && raw !== null ? Reflect.get(raw, key) : undefined;
    return Array.isArray(list) ? list : [];
  };
  const users = readUsers(listed('users'), report);
  const profiles = readProfiles(listed('profiles'), users, report);
  if (top === undefined) return undefined;

  const { displayName = 'Contoso', authority = 'intune', settings = {}, pushCertificate = true } = top;
  const isUnset = authority === 'none' || authority === 'unknown'; // A4
  return {
    id: top.id ?? idOf('tenant', displayName),
    displayName,
    authority: isUnset ? 'unknown' : authority,
    settings: {
      ...defaultSettings,
      deviceLimitPerUser: settings.deviceLimitPerUser ?? defaultSettings.deviceLimitPerUser,
      profileGraceMs: settings.profileGrace ?? defaultSettings.profileGraceMs,
      checkInEveryMs: settings.checkInEvery ?? defaultSettings.checkInEveryMs,
      enrollmentMs: settings.enrollment ?? defaultSettings.enrollmentMs,
      pushCertificateMs: settings.pushCertificate ?? defaultSettings.pushCertificateMs,
    },
    ...(pushCertificate === false || isUnset ? {} : { pushCertificate: readCertificate(pushCertificate) }),
    users,
    profiles,
  };
}

function readCertificate(given: true | { topic?: string; expires?: string }) {
  const { topic, expires } = given === true ? {} : given;
  return {
    ...(topic === undefined ? {} : { topic }),
    ...(expires === undefined ? {} : { expiresAt: Date.parse(expires) }),
  };
}

function readUsers(items: readonly unknown[], report: Report): User[] {
  const users: User[] = [];
  const upns = new Set<string>();
  const ids = new Set<string>();
  for (const [index, item] of items.entries()) {
    const user = judge(tenantUserSchema, item, ['users', index], report);
    if (user === undefined) continue;
    const range = readRange(user.upn);
    if (range === 'bad') report(['users', index, 'upn'], 'expected a range such as user{1..1000}@contoso.example');
    else if (range !== undefined && user.id !== undefined)
      report(['users', index, 'id'], 'a range has no id of its own');
    else if (users.length + (range?.count ?? 1) > mostUsers) {
      report(['users', index, 'upn'], `a tenant has ${mostUsers} users at most`);
    } else {
      for (const { upn, number } of expand(user.upn, range)) {
        const { displayName, licence = 'both', password } = user;
        const id = user.id ?? idOf('user', upn.toLowerCase());
        if (upns.has(upn.toLowerCase())) report(['users', index, 'upn'], `${upn} is listed twice`);
        else if (ids.has(id)) report(['users', index, 'id'], `the id ${id} is used twice`);
        upns.add(upn.toLowerCase());
        ids.add(id);
        users.push({
          id,
          upn,
          displayName: displayName?.replaceAll('{n}', String(number ?? '')) ?? upn.split('@')[0] ?? upn,
          products: productsOf(licence),
          groups: [],
          ...(password === undefined ? {} : { password }),
        });
      }
    }
  }
  return users;
}

interface Range {
  readonly before: string;
  readonly first: number;
  readonly count: number;
  readonly after: string;
}

function readRange(upn: string): Range | 'bad' | undefined {
  if (!/[{}]/.test(upn)) return undefined;
  const [, before = '', first, last, after = ''] = /^([^{}]*)\{(\d{1,7})\.\.(\d{1,7})\}([^{}]*)$/.exec(upn) ?? [];
  const count = Number(last) - Number(first) + 1;
  return first === undefined || count < 1 ? 'bad' : { before, first: Number(first), count, after };
}

function* expand(upn: string, range: Range | undefined): Generator<{ upn: string; number?: number }> {
  if (range === undefined) {
    yield { upn };
    return;
  }
  for (let number = range.first; number < range.first + range.count; number++) {
    yield { upn: `${range.before}${number}${range.after}`, number };
  }
}

function readProfiles(items: readonly unknown[], users: readonly User[], report: Report): AssignedProfile[] {
  const profiles: AssignedProfile[] = [];
  const ids = new Set<string>();
  const byUpn = new Map(users.flatMap(({ id, upn }) => [[upn.toLowerCase(), id] as const, [id, id] as const]));
  for (const [index, item] of items.entries()) {
    const read = judge(tenantProfileSchema, item, ['profiles', index], report);
    if (read === undefined) continue;
    const { authority, profile, assignedTo = 'all', platforms } = read;
    const isTwice = profiles.some(
      (other) => other.authority === authority && other.profile.name === profile.name && shareAPlatform(other, read),
    );
    if (isTwice) report(['profiles', index, 'profile', 'name'], `${authority} has "${profile.name}" twice`); // A8
    const id = read.id ?? idOf('profile', authority, profile.name, ...(platforms ?? []));
    if (ids.has(id) && read.id !== undefined) report(['profiles', index, 'id'], `the id ${id} is used twice`);
    ids.add(id);
    const assigned =
      assignedTo === 'all'
        ? assignedTo
        : assignedTo.flatMap((name, position) => {
            const userId = byUpn.get(name.toLowerCase()) ?? byUpn.get(name);
            if (userId === undefined) report(['profiles', index, 'assignedTo', position], `no user ${name} is listed`);
            return userId === undefined ? [] : [userId];
          });
    profiles.push({
      id,
      authority,
      profile,
      assignment: assigned === 'all' ? toAll : { to: { users: assigned, groups: [] }, except: [] },
      ...(platforms === undefined ? {} : { platforms }),
    });
  }
  return profiles;
}

function judge<S extends ZodType>(schema: S, value: unknown, at: Path, report: Report): z.output<S> | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const path = [...at, ...issue.path];
    if (issue.code !== 'unrecognized_keys') report(path, issue.message);
    else for (const key of issue.keys) report([...path, key], 'is no word of a tenant file');
  }
  return undefined;
}

const pathText = (path: Path): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');

const tenantInvalid = (found: readonly TenantProblem[]) => {
  const problems = [...found].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const shown = problems.slice(0, 3).map(({ path, line, message }) => {
    const where = [line === undefined ? '' : `line ${line}`, path].filter((part) => part !== '').join(', ');
    return where === '' ? message : `${where}: ${message}`;
  });
  const more = problems.length > shown.length ? ` (and ${problems.length - shown.length} more)` : '';
  return stubError('TENANT_INVALID', `The tenant file has mistakes: ${shown.join('; ')}${more}`, {
    details: { problems },
  });
};
