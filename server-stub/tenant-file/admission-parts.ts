// Who may enroll, as a tenant file says it: restrictions, corporate identifiers, Autopilot, bulk tokens, consents, exclusions of BMS.
import type { z } from 'zod';
import { type PlatformName, platformNames } from '../../protocol/vocabulary/names.js';
import type {
  AutopilotProfile,
  ConsentAct,
  CorporateIdentifier,
  EnrollmentRestriction,
  PlatformRestriction,
} from '../core/admission-types.js';
import { serialKey } from '../core/comanagement-index.js';
import { identifierKey, isIdentifier, longestIdentifier, noIdentifier } from '../core/corporate-index.js';
import { idOf } from '../core/identifiers.js';
import { defaultRestrictionId, noRestriction } from '../core/restriction-index.js';
import type { TenantConfig } from '../core/types.js';
import {
  type admissionScalars,
  autopilotProfileWords,
  autopilotWords,
  bulkTokenWords,
  corporateWords,
  restrictionWords,
} from './admission-words.js';
import { judge } from './judge.js';
import type { Reading } from './policies.js';
import type { Path, Report } from './problems.js';

export const restrictionId = (kind: EnrollmentRestriction['kind'], displayName: string): string =>
  idOf('restriction', kind, displayName);
export const corporateId = (type: CorporateIdentifier['type'], value: string): string =>
  idOf('corporate', identifierKey(type, value));
export const autopilotId = (serial: string): string => idOf('autopilot', serialKey(serial));
export const autopilotProfileId = (displayName: string): string => idOf('autopilotProfile', displayName);
export const bulkTokenId = (tokenName: string): string => idOf('bulkToken', tokenName);

type Scalars = z.output<z.ZodObject<typeof admissionScalars>>;
type Lists = Readonly<
  Record<'restrictions' | 'corporateDevices' | 'autopilot' | 'autopilotProfiles' | 'bulkTokens', readonly unknown[]>
>;

/** Of the lists each entry is judged by itself. A part of which nothing is said is absent. */
export function readAdmission(lists: Lists, scalars: Scalars, reading: Reading): Partial<TenantConfig> {
  const { report, groups } = reading;
  const restrictions = readRestrictions(lists.restrictions, reading);
  const corporateDevices = readCorporate(lists.corporateDevices, report);
  const autopilotProfiles = readAutopilotProfiles(lists.autopilotProfiles, reading);
  const autopilot = readAutopilot(lists.autopilot, autopilotProfiles, reading);
  const bulkTokens = readBulkTokens(lists.bulkTokens, report);
  const withdrawn = Object.entries(scalars.consents ?? {}).flatMap(([act, said]) =>
    said === 'withdrawn' ? [[act, false] as const] : [],
  );
  const bmsExclusions = groups.allMentioned(scalars.bms?.exclude ?? [], ['bms', 'exclude']);
  return {
    ...(restrictions.length > 0 && { restrictions }),
    ...(corporateDevices.length > 0 && { corporateDevices }),
    ...(autopilotProfiles.length > 0 && { autopilotProfiles }),
    ...(autopilot.length > 0 && { autopilot }),
    ...(bulkTokens.length > 0 && { bulkTokens }),
    ...(withdrawn.length > 0 && { consents: Object.fromEntries(withdrawn) as { [A in ConsentAct]?: boolean } }),
    ...(bmsExclusions.length > 0 && { bmsExclusions }),
  };
}

/** Says once that a name, an id or a number is there already. */
function once(report: Report): (key: string, at: Path, shown: string) => void {
  const seen = new Set<string>();
  return (key, at, shown) => {
    if (seen.has(key)) report(at, `${shown} is listed twice`);
    seen.add(key);
  };
}

/** The default first, then those that say something of platforms, then limits: each kind in the order of the file (E24). */
function readRestrictions(items: readonly unknown[], { groups, report }: Reading): EnrollmentRestriction[] {
  const note = once(report);
  const made: Record<'default' | EnrollmentRestriction['kind'], EnrollmentRestriction[]> = {
    default: [],
    platforms: [],
    limit: [],
  };
  for (const [index, item] of items.entries()) {
    const at = ['enrollment', 'restrictions', index];
    const read = judge(restrictionWords, item, at, report);
    if (read === undefined) continue;
    const { description, deviceLimit: limit } = read;
    const about = description === undefined ? {} : { description };
    const platforms = platformsOf(read);
    if (read.default === true) {
      note('default', [...at, 'default'], 'the default');
      if (read.groups !== undefined) report([...at, 'groups'], 'the default is for everybody', 'key');
      if (read.id !== undefined) report([...at, 'id'], 'the default has none of its own', 'key');
      if (limit !== undefined) report([...at, 'deviceLimit'], 'is written as enrollment.deviceLimit', 'key');
      const displayName = read.name ?? noRestriction.displayName;
      made.default.push({ ...noRestriction, ...about, displayName, platforms });
      continue;
    }
    if (read.groups === undefined) {
      report(at, 'expected groups: whom it is for; or default: true');
      continue;
    }
    const displayName = read.name ?? read.groups.join(', ');
    const common = { ...about, displayName, groups: groups.allMentioned(read.groups, [...at, 'groups']) };
    const hasPlatforms = Object.keys(platforms).length > 0 || limit === undefined;
    if (hasPlatforms && limit !== undefined && read.id !== undefined) {
      report(
        [...at, 'id'],
        'with platforms and deviceLimit it is two restrictions, each with an id made of its name',
        'key',
      );
    }
    const nameAt = [...at, read.name === undefined ? 'groups' : 'name'];
    const idFor = (kind: EnrollmentRestriction['kind']) => {
      const id = read.id ?? restrictionId(kind, displayName);
      if (id === defaultRestrictionId) report([...at, 'id'], `${id} is the id of the default`);
      else note(id, read.id === undefined ? nameAt : [...at, 'id'], `a restriction "${displayName}"`);
      return id;
    };
    if (hasPlatforms) {
      const priority = made.platforms.length + 1;
      made.platforms.push({ id: idFor('platforms'), kind: 'platforms', priority, ...common, platforms });
    }
    if (limit !== undefined) {
      made.limit.push({ id: idFor('limit'), kind: 'limit', priority: made.limit.length + 1, ...common, limit });
    }
  }
  return [...made.default.slice(0, 1), ...made.platforms, ...made.limit];
}

function platformsOf(read: z.output<typeof restrictionWords>): { [P in PlatformName]?: PlatformRestriction } {
  const found: { [P in PlatformName]?: PlatformRestriction } = {};
  for (const name of platformNames) {
    const given = read[name];
    if (given === undefined) continue;
    const { platform, personal, ...rest } = given;
    found[name] = {
      ...(platform !== undefined && { blocked: platform === 'block' }),
      ...(personal !== undefined && { personalBlocked: personal === 'block' }),
      ...rest,
    };
  }
  return found;
}

type Configured<K extends 'corporateDevices' | 'autopilot' | 'bulkTokens'> = NonNullable<TenantConfig[K]>[number];

function readCorporate(items: readonly unknown[], report: Report): Configured<'corporateDevices'>[] {
  const noteId = once(report);
  const noteNumber = once(report);
  const known = new Set<string>();
  return items.flatMap((item, index): Configured<'corporateDevices'>[] => {
    const at = ['corporateDevices', index];
    const read = judge(corporateWords, item, at, report);
    if (read === undefined) return [];
    const { serial, imei, manufacturer, model, description, created } = read;
    const number = serial ?? imei;
    if (number === undefined || (serial !== undefined && imei !== undefined)) {
      report(at, 'expected serial or imei, one of them: a device with both has two entries');
      return [];
    }
    const ofPc = [manufacturer, model].filter((part) => part !== undefined);
    const isMixed =
      ofPc.length === 1 || (ofPc.length === 2 && (serial === undefined || `${model}${serial}`.includes(',')));
    if (isMixed) {
      report(at, 'expected manufacturer, model and serial together, the last two without a comma');
      return [];
    }
    const type = serial === undefined ? 'imei' : ofPc.length === 0 ? 'serialNumber' : 'manufacturerModelSerial';
    const value = ofPc.length === 0 ? number : [...ofPc, number].map((part) => part.trim()).join(',');
    if (!isIdentifier(type, value)) {
      report([...at, type === 'imei' ? 'imei' : 'serial'], noIdentifier);
      return [];
    }
    if (value.length > longestIdentifier) {
      report(at, `expected ${longestIdentifier} characters at most, with the commas between them`);
      return [];
    }
    const id = read.id ?? corporateId(type, value);
    const key = identifierKey(type, value);
    // Of IMEIs all digits: that two of different length are of one device was no mistake of a file of before.
    const written = type === 'imei' ? value.replace(/\D/g, '') : key;
    noteNumber(written, [...at, serial === undefined ? 'imei' : 'serial'], value);
    if (read.id !== undefined) noteId(id, [...at, 'id'], `the id ${id}`);
    if (known.has(key)) return [];
    known.add(key);
    return [
      {
        id,
        type,
        value,
        ...(description !== undefined && { description }),
        ...(created !== undefined && { createdAt: created }),
      },
    ];
  });
}

function readAutopilotProfiles(items: readonly unknown[], { groups, report }: Reading): AutopilotProfile[] {
  const note = once(report);
  const noteId = once(report);
  return items.flatMap((item, index): AutopilotProfile[] => {
    const at = ['autopilotProfiles', index];
    const read = judge(autopilotProfileWords, item, at, report);
    if (read === undefined) return [];
    const { name: displayName, mode, id = autopilotProfileId(displayName) } = read;
    note(displayName, [...at, 'name'], displayName);
    if (read.id !== undefined) noteId(id, [...at, 'id'], `the id ${id}`);
    const named = groups.allMentioned(read.groups ?? [], [...at, 'groups']);
    return [
      {
        id,
        displayName,
        mode,
        ...(read.allDevices === true && { allDevices: true }),
        ...(named.length > 0 && { groups: named }),
      },
    ];
  });
}

function readAutopilot(
  items: readonly unknown[],
  profiles: readonly AutopilotProfile[],
  { users, report }: Reading,
): Configured<'autopilot'>[] {
  const noteId = once(report);
  const noteSerial = once(report);
  const byName = new Map([
    ...profiles.map(({ id }) => [id, id] as const),
    ...profiles.map(({ id, displayName }) => [displayName, id] as const),
  ]);
  return items.flatMap((item, index): Configured<'autopilot'>[] => {
    const at = ['autopilot', index];
    const read = judge(autopilotWords, item, at, report);
    if (read === undefined) return [];
    const { serial, profile, user, created, id = autopilotId(serial), ...about } = read;
    noteSerial(serialKey(serial), [...at, 'serial'], serial);
    if (read.id !== undefined) noteId(id, [...at, 'id'], `the id ${id}`);
    const profileId = profile === undefined ? undefined : byName.get(profile);
    if (profile !== undefined && profileId === undefined) {
      report([...at, 'profile'], `no profile ${profile} is listed under autopilotProfiles`);
    }
    const userId = user === undefined ? undefined : (users.get(user) ?? users.get(user.toLowerCase()));
    if (user !== undefined && userId === undefined) report([...at, 'user'], `no user ${user} is listed`);
    return [
      {
        id,
        serial,
        ...about,
        ...(userId !== undefined && { userId }),
        ...(profileId !== undefined && { profileId }),
        ...(created !== undefined && { createdAt: created }),
      },
    ];
  });
}

function readBulkTokens(items: readonly unknown[], report: Report): Configured<'bulkTokens'>[] {
  const noteName = once(report);
  const noteId = once(report);
  const noteToken = once(report);
  return items.flatMap((item, index): Configured<'bulkTokens'>[] => {
    const at = ['bulkTokens', index];
    const read = judge(bulkTokenWords, item, at, report);
    if (read === undefined) return [];
    const { name, expires: expiresAt, token, id = bulkTokenId(name) } = read;
    noteName(name, [...at, 'name'], name);
    if (read.id !== undefined) noteId(id, [...at, 'id'], `the id ${id}`);
    if (token !== undefined) noteToken(token, [...at, 'token'], 'the token of another');
    return [{ id, name, expiresAt, ...(token !== undefined && { token }) }];
  });
}
