// The one description of a tenant file: the reader, the JSON Schema for editors and docs/tenant.md go by it.
import { z } from 'zod';
import { workloads } from '../core/comanagement-types.js';
import { formerLicences, products } from '../core/products.js';
import { admissionTop, admissionWhole } from './admission-words.js';
import { duration, durationOrBounds, durationOrNone, id, name, names, onOff, time } from './field-words.js';
import { unemulatedWords } from './later.js';
import { assign, entryWords, formerEntry, ofAuthority, platforms } from './profile-words.js';

const skus = products.map(({ sku }) => sku) as [string, ...string[]];
const sku = z.enum(skus);

/** Authorities that a tenant may begin with. */
const authority = z.enum(['none', 'intune', 'office365', 'sccm', 'unknown']);

export const settings = z.strictObject({
  deviceLimitPerUser: z
    .int()
    .min(1)
    .max(1_000_000)
    .exactOptional()
    .describe('Devices that a user may enroll (E17). Default: 15.'),
  checkInEvery: duration.exactOptional().describe('From one scheduled check-in to the next (A7). Default: 8h.'),
  profileGrace: duration
    .exactOptional()
    .describe('How long a device that stays away keeps its profiles after a change (A9). Default: 7d.'),
  staleLifetime: z
    .union([z.literal('unlimited'), duration], 'expected unlimited, or a duration such as 7d')
    .exactOptional()
    .describe('How long a stale setting stays (A22). Default: unlimited.'),
  complianceConsoleLag: durationOrBounds
    .exactOptional()
    .describe(
      'How long the console shows the compliance of before a move (A28): one value, or bounds. Default: 0..7d.',
    ),
  enrollment: duration.exactOptional().describe('From an enrollment’s first step to its last (E01). Default: 30m.'),
  pushCertificate: duration.exactOptional().describe('Validity of an uploaded push certificate. Default: 365d.'),
  mdmCertificate: duration.exactOptional().describe('Validity of a device’s certificate (M5). Default: 365d.'),
  renewBefore: duration.exactOptional().describe('So long before its end it is renewed (M5). Default: 42d.'),
  removeAfter: duration
    .exactOptional()
    .describe('A record stays so long after its certificate ended (M3). Default: 180d.'),
  notifyOnLicenceChange: onOff
    .exactOptional()
    .describe('Whether a change of licences notifies devices (C9). Default: off.'),
  mdmUserScope: z
    .enum(['all', 'none'])
    .exactOptional()
    .describe('none: PCs that join the organization are not enrolled by that (E20). Default: all.'),
  bmsProvisioning: duration
    .exactOptional()
    .describe('From the activation of Basic Mobility and Security until it is ready (B1). Default: 1h.'),
  bmsProvisioningLimit: duration.exactOptional().describe('After that its provisioning is stuck (B8). Default: 24h.'),
});

export const userWords = z.strictObject({
  id: id.exactOptional().describe('Default: made of the user principal name, the same each time. Not with a range.'),
  upn: z
    .string()
    .max(256)
    .regex(/^[^\s@]+@[^\s@]+$/, 'expected a user principal name such as ada@contoso.example')
    .describe('User principal name; user{1..10}@contoso.example is ten users.'),
  displayName: z
    .string()
    .max(256)
    .exactOptional()
    .describe('{n} stands for the number within a range. Default: what stands before the @.'),
  licences: z
    .array(sku)
    .max(100)
    .exactOptional()
    .describe('Part numbers of products. Default: none; SPB in a file with neither version nor licences.'),
  licence: z
    .enum(formerLicences)
    .exactOptional()
    .describe('Former word: intune is INTUNE_A, office365 O365_BUSINESS_ESSENTIALS, both SPB.'),
  groups: names.exactOptional().describe('Names of groups; one that is not listed under groups is made.'),
  password: z.string().min(1).max(256).exactOptional().describe('Asked for at the enrollment.'),
});

export const groupWords = z.strictObject({
  id: id.exactOptional().describe('Default: made of the name, the same each time.'),
  name: name.describe('Graph’s displayName; capitals make no difference.'),
  memberOf: names.exactOptional().describe('Groups that this one is a member of. Never a circle.'),
  licences: z.array(sku).max(100).exactOptional().describe('Products licensed to every direct member (C9).'),
});

export const comanagementWords = z.strictObject({
  user: name.describe('User principal name or id of a listed user.'),
  serial: z.string().min(1).max(200).describe('Serial number of the PC.'),
  workloads: z
    .array(z.enum(workloads))
    .max(workloads.length)
    .describe('What intune has taken over; the others stay with ConfigMgr.'),
});

const demand = z.union([z.boolean(), z.literal('required')], 'expected required, true or false');

export const complianceWords = z.strictObject({
  id: id.exactOptional().describe('Default: made of authority and name, the same each time.'),
  name: name.describe('Graph’s displayName.'),
  authority: ofAuthority.exactOptional().describe('Default: intune.'),
  pin: demand.exactOptional().describe('required: a passcode must be set. Default: not.'),
  encryption: demand.exactOptional().describe('required: storage must be encrypted. Default: not.'),
  grace: durationOrNone.exactOptional().describe('How long a violation is let pass. Default: 0.'),
  platforms: platforms.exactOptional().describe('Default: all of them.'),
  assign: assign.exactOptional().describe('Default: all.'),
});

const scalars = {
  version: z
    .literal(1, 'expected 1: this program reads no other version')
    .exactOptional()
    .describe('Of this format: 1.'),
  id: id.exactOptional().describe('Of the organization. Default: made of the domain, or else of displayName.'),
  displayName: z.string().min(1).max(200).exactOptional().describe('Default: Contoso.'),
  domain: z
    .string()
    .max(253)
    .regex(/^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/, 'expected a domain such as contoso.example')
    .exactOptional()
    .describe('The organization’s own.'),
  authority: authority
    .exactOptional()
    .describe(
      'Who manages at the start. none: nobody enrolls (A1, A4). sccm: to start from only (A18). Default: intune.',
    ),
  coexistence: onOff
    .exactOptional()
    .describe('on: as after the intune authority was added to office365 (C1). Default: off.'),
  settings: settings.exactOptional().describe('Durations and bounds of the rules.'),
  pushCertificate: z
    .union(
      [
        z.boolean(),
        z.strictObject({
          topic: z.string().min(1).max(255).exactOptional().describe('Of the certificate. Default: none is told.'),
          expires: time.exactOptional().describe('When it ends. Default: settings.pushCertificate from the start on.'),
        }),
      ],
      'expected true, false, or topic: and expires:',
    )
    .exactOptional()
    .describe(
      'The Apple push certificate that the tenant starts with (A11, E18). false: none. Default: true. With authority none there is none: it is uploaded when an authority is set.',
    ),
  licences: z
    .partialRecord(sku, z.int().min(0).max(1_000_000_000))
    .exactOptional()
    .describe('Numbers bought, by part number (C7). A product that is not named is not counted.'),
};

const lists = {
  users: userWords,
  groups: groupWords,
  comanagement: comanagementWords,
  compliance: complianceWords,
} as const;

/** Entries of a list. */
const most = { users: 100_000, groups: 10_000, comanagement: 100_000, compliance: 1000, profiles: 1000 } as const;

/** Read without effect; whoever starts the tenant is told. */
const unemulatedKeys = ['roles', 'operators', 'exchange', 'conditionalAccess', 'apps'] as const;
const unemulated = Object.fromEntries(
  unemulatedKeys.map((key) => [
    key,
    z
      .unknown()
      .meta({ title: 'anything' })
      .exactOptional()
      .describe(`Not emulated yet: read, and told at the start. For ${unemulatedWords[key]}.`),
  ]),
);

const unjudged = (key: keyof typeof most) => z.array(z.unknown()).max(most[key]).exactOptional();

/** The top of the file. Lists are judged entry by entry, so that one mistake hides no other. */
export const topWords = z.strictObject({
  ...scalars,
  users: unjudged('users'),
  groups: unjudged('groups'),
  comanagement: unjudged('comanagement'),
  compliance: unjudged('compliance'),
  profiles: unjudged('profiles'),
  ...admissionTop,
  ...unemulated,
});

/** The whole file, for the schema and the documentation. */
export const fileWords = z.strictObject({
  ...scalars,
  groups: z
    .array(lists.groups)
    .max(most.groups)
    .exactOptional()
    .describe('Security groups. Those that are only mentioned need no entry.'),
  users: z.array(lists.users).max(most.users).exactOptional().describe('People.'),
  comanagement: z
    .array(lists.comanagement)
    .max(most.comanagement)
    .exactOptional()
    .describe(
      'PCs that ConfigMgr manages together with intune (C6, C11). By convention: it stands for ConfigMgr’s side.',
    ),
  compliance: z
    .array(lists.compliance)
    .max(most.compliance)
    .exactOptional()
    .describe('Compliance policies (A14, A28).'),
  profiles: z
    .array(z.union([...Object.values(entryWords), formerEntry]))
    .max(most.profiles)
    .exactOptional()
    .describe('What devices are given.'),
  ...admissionWhole,
  ...unemulated,
});
