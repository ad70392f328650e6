// Of the description of a tenant file: who may enroll, and the service of Basic Mobility and Security.
import { z } from 'zod';
import { type PlatformName, platformNames } from '../../protocol/vocabulary/names.js';
import { autopilotModes, type ConsentAct } from '../core/admission-types.js';
import { longestIdentifier } from '../core/corporate-index.js';
import { isVersion } from '../core/os-version.js';
import { id, name, names, time } from './field-words.js';

const versionMessage = 'expected a version in quotes, such as "17.0"';

/** Judged as a text: 16.10 without quotes would be the number 16.1. */
const version = z.string(versionMessage).max(100).refine(isVersion, versionMessage);

const deviceLimit = z.int().min(1).max(1_000_000);

const ofEachPlatform = <T extends z.ZodType>(each: T) =>
  Object.fromEntries(platformNames.map((platform) => [platform, each.exactOptional()])) as Readonly<
    Record<PlatformName, z.ZodExactOptional<T>>
  >;

const block = z.enum(['block', 'allow']);

/** What a restriction demands of the devices of one platform. */
const platformWords = z.strictObject({
  platform: block.exactOptional().describe('block: no device of this platform (E11). Default: allow.'),
  personal: block
    .exactOptional()
    .describe(
      'block: only devices of the organization: of corporateDevices, or by how they enroll (docs/enrollment.md; E10, E19). Default: allow.',
    ),
  osMinimum: version.exactOptional().describe('The least version of the operating system (E08).'),
  osMaximum: version.exactOptional().describe('The greatest (E09): 17.9.1 is within "17.9".'),
  blockedManufacturers: z
    .array(z.string().min(1).max(200))
    .max(200)
    .exactOptional()
    .describe('Windows and Android: makers, whatever the capitals (E07).'),
});

export const restrictionWords = z.strictObject({
  id: id
    .exactOptional()
    .describe('Default: made of the name, the same each time. Not with deviceLimit beside platforms.'),
  name: z.string().min(1).max(1000).exactOptional().describe('Graph’s displayName. Default: the names of its groups.'),
  description: z.string().max(10_000).exactOptional().describe('For people.'),
  default: z.literal(true).exactOptional().describe('For everybody of whom no other speaks. It has no groups.'),
  groups: names
    .max(1000)
    .exactOptional()
    .describe('Names of groups; those within them too. Needed but of the default.'),
  deviceLimit: deviceLimit
    .exactOptional()
    .describe('Devices that each of its users may enroll (E17); of the default: enrollment.deviceLimit.'),
  ...ofEachPlatform(platformWords.describe('What its devices must be.')),
});

const versions = z.strictObject(ofEachPlatform(version));

/** Without its restrictions, which are judged one by one. */
const enrollmentScalars = {
  deviceLimit: deviceLimit.exactOptional().describe('settings.deviceLimitPerUser in another place (E17). Default: 15.'),
  minimumOs: versions
    .exactOptional()
    .describe('The least version of the operating system by platform (E06, E25). Default: docs/enrollment.md.'),
  minimumCompanyPortal: versions
    .exactOptional()
    .describe('The least version of the Company Portal by platform (E05, E25). Default: docs/enrollment.md.'),
};
const mostRestrictions = 10_000;

export const enrollmentTopWords = z.strictObject({
  ...enrollmentScalars,
  restrictions: z.array(z.unknown()).max(mostRestrictions).exactOptional(),
});
const enrollmentWords = z.strictObject({
  ...enrollmentScalars,
  restrictions: z
    .array(restrictionWords)
    .max(mostRestrictions)
    .exactOptional()
    .describe('Enrollment restrictions. The first that names a group of the user counts, else the default.'),
});

const created = time.exactOptional().describe('When it was declared. Default: the start.');

export const corporateWords = z.strictObject({
  id: id.exactOptional().describe('Default: made of the number, the same each time.'),
  serial: z.string().min(1).max(longestIdentifier).exactOptional().describe('Serial number.'),
  manufacturer: z
    .string()
    .min(1)
    .max(longestIdentifier)
    .exactOptional()
    .describe('Windows: with model and serial, all three of which a PC must tell.'),
  model: z.string().min(1).max(longestIdentifier).exactOptional().describe('Windows: with manufacturer and serial.'),
  imei: z
    .string('expected an IMEI in quotes')
    .min(1)
    .max(longestIdentifier)
    .exactOptional()
    .describe('IMEI, in quotes.'),
  description: z.string().max(1000).exactOptional().describe('For people.'),
  created,
});

export const autopilotWords = z.strictObject({
  id: id.exactOptional().describe('Default: made of the serial number, the same each time.'),
  serial: z.string().min(1).max(200).describe('Serial number.'),
  profile: name
    .exactOptional()
    .describe('Name of one of autopilotProfiles. Default: by its groupTag, or that of all devices, or none (E14).'),
  user: name.exactOptional().describe('Who is to use it: user principal name or id of a listed user.'),
  model: z.string().max(200).exactOptional().describe('For people.'),
  manufacturer: z.string().max(200).exactOptional().describe('For people.'),
  groupTag: z
    .string()
    .max(512)
    .exactOptional()
    .describe('Which group of autopilotProfiles it is in, by its name; else for people.'),
  created,
});

export const autopilotProfileWords = z.strictObject({
  id: id.exactOptional().describe('Default: made of the name, the same each time.'),
  name: z.string().min(1).max(200).describe('Graph’s displayName.'),
  mode: z.enum(autopilotModes).describe('How its devices enroll; any other way is refused (E15).'),
  allDevices: z.boolean().exactOptional().describe('It is for each device that has no other. Default: false.'),
  groups: z
    .array(name)
    .max(1000)
    .exactOptional()
    .describe('Groups whose devices it is for: those whose groupTag is the name of the group (convention).'),
});

export const bulkTokenWords = z.strictObject({
  id: id.exactOptional().describe('Default: made of the name, the same each time.'),
  name: z.string().min(1).max(200).describe('What people call it.'),
  expires: time.describe('From then on it is refused (E12).'),
  token: z
    .string()
    .min(1)
    .max(4096)
    .exactOptional()
    .describe('What the provisioning package holds, a secret. Default: one is made at the first start.'),
});

const consent = z.enum(['given', 'withdrawn']).exactOptional();
const consentWords = z.strictObject({
  androidWorkProfiles: consent.describe('To Google: without it no work profile (E20). Default: given.'),
  applePush: consent.describe(
    'To Apple: without it no push certificate is taken (403); devices of iOS enroll while there is one (E18). Default: given.',
  ),
  appleAutomatedEnrollment: consent.describe('To Apple: without it no automated enrollment (E20). Default: given.'),
} satisfies Record<ConsentAct, z.ZodType>);

const bmsWords = z.strictObject({
  exclude: names
    .exactOptional()
    .describe('Names of groups whose members no policy of office365 concerns: one list for the whole service (B10).'),
  policies: z
    .array(z.unknown().meta({ title: 'anything' }))
    .exactOptional()
    .describe('Not emulated yet: read, and told at the start (B4).'),
});

/** What stands at the top of the file for itself. */
export const admissionScalars = {
  consents: consentWords
    .exactOptional()
    .describe(
      'Acts to which the administrator has agreed, because they send data to others (A17, A25). Default: given.',
    ),
  bms: bmsWords.exactOptional().describe('The service of Basic Mobility and Security.'),
};

/** Entries of each list, and how many there may be. */
export const admissionLists = {
  corporateDevices: [corporateWords, 100_000, 'Devices of the organization, declared before they enroll (E10, E19).'],
  autopilot: [autopilotWords, 100_000, 'Devices that Autopilot knows (E13 to E16).'],
  autopilotProfiles: [autopilotProfileWords, 350, 'Deployment profiles of Autopilot (E14, E15).'],
  bulkTokens: [bulkTokenWords, 1000, 'Tokens of provisioning packages: with one a PC enrolls without a user (E12).'],
} as const;

const listOf = <T extends z.ZodType>(entry: T, most: number, says: string) =>
  z.array(entry).max(most).exactOptional().describe(says);
const unjudged = (most: number) => z.array(z.unknown()).max(most).exactOptional();

/** Judged entry by entry. */
export const admissionTop = {
  ...admissionScalars,
  enrollment: enrollmentTopWords.exactOptional(),
  corporateDevices: unjudged(admissionLists.corporateDevices[1]),
  autopilot: unjudged(admissionLists.autopilot[1]),
  autopilotProfiles: unjudged(admissionLists.autopilotProfiles[1]),
  bulkTokens: unjudged(admissionLists.bulkTokens[1]),
};

/** For the schema and the documentation. */
export const admissionWhole = {
  ...admissionScalars,
  enrollment: enrollmentWords.exactOptional().describe('Who may enroll with what.'),
  corporateDevices: listOf(...admissionLists.corporateDevices),
  autopilot: listOf(...admissionLists.autopilot),
  autopilotProfiles: listOf(...admissionLists.autopilotProfiles),
  bulkTokens: listOf(...admissionLists.bulkTokens),
};
