// The devices of a run: how many of which kind, who they belong to, whose keys they have.
import { z } from 'zod';
import { platformNames } from '../../../protocol/vocabulary.js';
import { duration, mostDevices, name, share } from './values.js';

const count = z.int().min(0).max(mostDevices);

/** How devices of a platform may enroll, beside as a person does it. */
export const waysToEnroll = {
  ios: ['user', 'automated'],
  windows: ['user', 'bulk'],
  android: ['fully-managed', 'work-profile', 'application'],
} as const;
const way = z.enum(['user', 'automated', 'bulk', 'fully-managed', 'work-profile', 'application']);

export const groupWords = z.strictObject({
  name: name
    .exactOptional()
    .describe('What a step calls the group. Default: the platform, with a number from the second on.'),
  platform: z.enum(platformNames).describe('What they run.'),
  weight: z
    .number()
    .gt(0)
    .max(1_000_000)
    .exactOptional()
    .describe('Its part of the total. Counts are exact; the remainder goes to the first.'),
  count: count.exactOptional().describe('How many, instead of weight.'),
  os: z
    .string()
    .min(1)
    .max(50)
    .exactOptional()
    .describe('Version or build of the operating system; in quotes. Default: invented.'),
  model: z
    .string()
    .min(1)
    .max(100)
    .exactOptional()
    .describe('Hardware identifier or marketing name. Default: invented.'),
  ownership: z
    .enum(['personal', 'company'])
    .exactOptional()
    .describe('Android: personal is a work profile. Default: as it enrolls.'),
  supervised: share.exactOptional().describe('iOS: how many of them are supervised. Default: as invented.'),
  enrolled: z
    .union(
      [
        way,
        z
          .array(
            z.strictObject({
              as: way.describe('The way.'),
              weight: z.number().gt(0).max(1_000_000).describe('Its part.'),
            }),
          )
          .min(1)
          .max(10),
      ],
      'expected a way such as user, or a list of { as: user, weight: 9 }',
    )
    .exactOptional()
    .describe(
      'How they enroll: iOS user, automated; Windows user, bulk; Android fully-managed, work-profile, application. Default: as a person does.',
    ),
  infoEvery: duration.exactOptional().describe('Android: how often it tells of itself (sync/info). Default: 15m.'),
});
export type GroupWords = z.output<typeof groupWords>;

export const users = z
  .union(
    [
      z.strictObject({
        devicesEach: z
          .int()
          .min(1)
          .max(1000)
          .describe(
            'One after another: so many devices for each of user1@contoso.example, user2@contoso.example and so on; those of a tenant file with other names: csv.',
          ),
      }),
      z.strictObject({
        count: z
          .int()
          .min(1)
          .max(mostDevices)
          .describe('So many people, in turn: user1@contoso.example to userN@contoso.example.'),
      }),
      z.strictObject({
        csv: z
          .string()
          .min(1)
          .max(4096)
          .describe(
            'File beside the scenario with a header: user, and if wanted password, token and columns of your own.',
          ),
      }),
    ],
    'expected { devicesEach: 1 }, { count: 100 } or { csv: people.csv }',
  )
  .describe('Who the devices belong to. Default: { devicesEach: 10 }.');

export const keys = z
  .union(
    [
      z.literal('fresh'),
      z.strictObject({ pool: z.int().min(1).max(10_000).describe('So many, shared by all devices.') }),
    ],
    'expected fresh, or { pool: 64 }',
  )
  .describe('fresh: a key for each device; or the size of a shared pool. Default: { pool: 64 }.');

export const deviceWords = z.strictObject({
  ios: count.exactOptional().describe('So many iPhones and iPads.'),
  windows: count.exactOptional().describe('So many Windows PCs.'),
  android: count.exactOptional().describe('So many Android devices.'),
  total: count.min(1).exactOptional().describe('With mix: all of them together.'),
  mix: z
    .array(groupWords)
    .min(1)
    .max(50)
    .exactOptional()
    .describe('Groups of devices that are alike, instead of counts by platform.'),
  users: users.exactOptional(),
  keys: keys.exactOptional(),
});
export type DeviceWords = z.output<typeof deviceWords>;
