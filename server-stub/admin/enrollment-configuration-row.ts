// Enrollment restrictions in Graph's words: deviceEnrollmentLimitConfiguration and deviceEnrollmentPlatformRestrictionsConfiguration.
import { z } from 'zod';
import type { PlatformName } from '../../protocol/vocabulary.js';
import type { EnrollmentRestriction, PlatformRestriction, PlatformRestrictions } from '../core/admission-types.js';
import { stubError } from '../errors.js';
import type { Row } from './filter.js';
import { judgeBody } from './graph.js';
import type { WordsByPlatform } from './platform-words.js';

/** `blockedManufacturers` is a word of beta alone. */
export type GraphVersion = 'v1.0' | 'beta';

export const limitType = '#microsoft.graph.deviceEnrollmentLimitConfiguration';
export const platformsType = '#microsoft.graph.deviceEnrollmentPlatformRestrictionsConfiguration';
const restrictionType = 'microsoft.graph.deviceEnrollmentPlatformRestriction';

const common = {
  displayName: z.string().min(1).max(1000).exactOptional(),
  description: z.string().max(10_000).nullable().exactOptional(),
  priority: z.number().int().exactOptional(),
};
const version = z.string().max(100).nullable().exactOptional();
const inBoth = {
  '@odata.type': z.string().max(200).exactOptional(),
  platformBlocked: z.boolean().nullable().exactOptional(),
  personalDeviceEnrollmentBlocked: z.boolean().nullable().exactOptional(),
  osMinimumVersion: version,
  osMaximumVersion: version,
};
const ofPlatform = {
  'v1.0': z.strictObject(inBoth),
  beta: z.strictObject({
    ...inBoth,
    blockedManufacturers: z.array(z.string().min(1).max(200)).max(200).nullable().exactOptional(),
    blockedSkus: z.array(z.string()).max(0, 'editions are not told apart here: expected []').nullable().exactOptional(),
  }),
};
const limitSchema = z.looseObject({ ...common, limit: z.number().int().min(1).max(1_000_000).exactOptional() });
const platformsSchema = z.looseObject(common);
type GivenRestriction = z.output<(typeof ofPlatform)['beta']>;

/** Properties of every enrollment configuration that a client may send back, and that say nothing here. */
const neutral: ReadonlySet<string> = new Set([
  ...Object.keys(common),
  '@odata.type',
  '@odata.context',
  'id',
  'version',
  'createdDateTime',
  'lastModifiedDateTime',
  'roleScopeTagIds',
  'deviceEnrollmentConfigurationType',
  'assignments',
]);

/** Throws REQUEST_INVALID for what it does not take, so that nobody takes a word for kept that is not. */
export function readLimit(body: unknown, before: EnrollmentRestriction & { readonly kind: 'limit' }) {
  const read = judgeBody(limitSchema, body);
  for (const name of Object.keys(read)) {
    if (!neutral.has(name) && name !== 'limit') throw wrong(`a limit has no ${name.slice(0, 100)}`);
  }
  return { ...before, ...commonOf(read, before), limit: read.limit ?? before.limit };
}

/** What is absent stays as it was, field by field; null takes one away. Throws REQUEST_INVALID. */
export function readPlatforms(
  body: unknown,
  before: PlatformRestrictions,
  words: WordsByPlatform,
  of: GraphVersion,
): PlatformRestrictions {
  const read = judgeBody(platformsSchema, body);
  const byProperty = new Map([...words].map(([platform, { restriction }]) => [restriction, platform]));
  const platforms: { [P in PlatformName]?: PlatformRestriction } = { ...before.platforms };
  for (const [name, value] of Object.entries(read)) {
    if (neutral.has(name)) continue;
    if (!/^\w{1,60}Restriction$/.test(name)) throw wrong(`it has no ${name.slice(0, 100)}`);
    if (value === null) continue;
    const given: GivenRestriction = judgeBody(z.object({ [name]: ofPlatform[of] }), { [name]: value })[name] ?? {};
    const platform = byProperty.get(name);
    const changed = changedBy(platform === undefined ? {} : (platforms[platform] ?? {}), given);
    if (platform !== undefined) platforms[platform] = changed;
    else if (Object.keys(changed).length > 0) {
      throw wrong(`${name}: no device of this platform is served here, only ${[...byProperty.keys()].join(', ')}`);
    }
  }
  return { ...before, ...commonOf(read, before), platforms };
}

function commonOf(
  { displayName, description }: z.output<typeof platformsSchema>,
  before: EnrollmentRestriction,
): Pick<EnrollmentRestriction, 'displayName'> & { readonly description?: string } {
  const name = displayName ?? before.displayName;
  if (name === '') throw wrong('displayName is missing');
  return { displayName: name, ...(description === undefined ? {} : { description: description ?? '' }) };
}

/** Only what restricts is kept. */
function changedBy(before: PlatformRestriction, given: GivenRestriction): PlatformRestriction {
  const present = <T>(value: T | null | undefined, former: T | undefined) => (value === undefined ? former : value);
  const blocked = present(given.platformBlocked, before.blocked);
  const personalBlocked = present(given.personalDeviceEnrollmentBlocked, before.personalBlocked);
  const osMinimum = present(given.osMinimumVersion, before.osMinimum);
  const osMaximum = present(given.osMaximumVersion, before.osMaximum);
  const makers = present(given.blockedManufacturers, before.blockedManufacturers);
  return {
    ...(blocked && { blocked }),
    ...(personalBlocked && { personalBlocked }),
    ...(osMinimum && { osMinimum }),
    ...(osMaximum && { osMaximum }),
    ...(makers && makers.length > 0 && { blockedManufacturers: makers }),
  };
}

/** The names under which Graph knows the defaults. */
export const defaultIds = (tenantId: string) => ({
  limit: `${tenantId}_DefaultLimit`,
  platforms: `${tenantId}_DefaultPlatformRestrictions`,
});

/** `id`: as Graph knows it. */
export function configurationRow(
  restriction: EnrollmentRestriction,
  { id, words, of }: { readonly id: string; readonly words: WordsByPlatform; readonly of: GraphVersion },
): Row {
  const { kind, displayName, description, priority } = restriction;
  const isDefault = priority === 0;
  const type = kind === 'limit' ? 'limit' : 'platformRestrictions';
  return {
    '@odata.type': kind === 'limit' ? limitType : platformsType,
    id,
    displayName,
    description: description ?? '',
    priority,
    ...(of === 'beta' && {
      deviceEnrollmentConfigurationType: isDefault ? `default${type[0]?.toUpperCase()}${type.slice(1)}` : type,
    }),
    ...(kind === 'limit'
      ? { limit: restriction.limit }
      : Object.fromEntries(
          [...words].map(([platform, each]) => [
            each.restriction,
            platformRow(restriction.platforms[platform] ?? {}, of),
          ]),
        )),
  };
}

const platformRow = (restriction: PlatformRestriction, of: GraphVersion): Row => ({
  '@odata.type': restrictionType,
  platformBlocked: restriction.blocked ?? false,
  personalDeviceEnrollmentBlocked: restriction.personalBlocked ?? false,
  osMinimumVersion: restriction.osMinimum ?? null,
  osMaximumVersion: restriction.osMaximum ?? null,
  ...(of === 'beta' && { blockedManufacturers: restriction.blockedManufacturers ?? [], blockedSkus: [] }),
});

export const configurationFields = (words: WordsByPlatform, of: GraphVersion): ReadonlySet<string> =>
  new Set([
    '@odata.type',
    'id',
    'displayName',
    'description',
    'priority',
    'limit',
    ...[...words.values()].map(({ restriction }) => restriction),
    ...(of === 'beta' ? ['deviceEnrollmentConfigurationType'] : []),
  ]);

export const configurationEnumerations = {
  deviceEnrollmentConfigurationType: new Set([
    'limit',
    'platformRestrictions',
    'defaultLimit',
    'defaultPlatformRestrictions',
  ]),
};

const wrong = (why: string) => stubError('REQUEST_INVALID', `This enrollment configuration cannot be taken: ${why}`);
