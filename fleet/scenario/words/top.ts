// The top of a scenario.
import { z } from 'zod';
import { deviceWords, keys, users } from './devices.js';
import { faults } from './faults.js';
import { duration } from './values.js';

const threshold = z.string('expected a threshold such as "enroll.p99 < 2s"').min(1).max(300);
const entries = z.array(z.unknown()).min(1).max(200);

export const topWords = z.strictObject({
  version: z.literal(1).exactOptional().describe('Of this form. Default: 1.'),
  name: z.string().min(1).max(80).describe('What the run is called.'),
  about: z.string().max(2000).exactOptional().describe('What it shows, for people.'),
  seed: z
    .string()
    .min(1)
    .max(200)
    .exactOptional()
    .describe('The same seed gives the same devices and the same schedule. Default: rollcall.'),
  devices: deviceWords.describe('The devices, below.'),
  authority: z
    .enum(['unknown', 'intune', 'sccm', 'office365'])
    .exactOptional()
    .describe('What the embedded stub starts with; nothing to a server of your own. Default: intune.'),
  tenant: z
    .string()
    .min(1)
    .max(4096)
    .exactOptional()
    .describe('Tenant file of the embedded stub, beside the scenario, instead of authority.'),
  users: users.exactOptional().describe('Former place of devices.users.'),
  keys: keys.exactOptional().describe('Former place of devices.keys.'),
  concurrency: z
    .int()
    .min(1)
    .max(100_000)
    .exactOptional()
    .describe(
      'How many devices are in a session at the same time, at most; who must wait is late, and counted. Default: 64.',
    ),
  dropAfter: duration
    .exactOptional()
    .describe(
      'Arrivals that could not start so long after their time are given up, and counted as dropped; real time. Default: they start late.',
    ),
  connections: z
    .enum(['per-session', 'shared'])
    .exactOptional()
    .describe('shared: connections outlive sessions. Default: per-session, as devices do.'),
  faults: faults.exactOptional().describe('What is wrong all the time with some devices or their network.'),
  phases: entries.exactOptional().describe('What happens, one after another: steps, days, repetitions.'),
  steps: entries.exactOptional().describe('Former word for phases.'),
  thresholds: z
    .array(threshold)
    .max(500)
    .exactOptional()
    .describe('What must hold in the end. A step whose failures none bounds may have none.'),
  abortOn: z.array(threshold).max(100).exactOptional().describe('The run is stopped as soon as one of these holds.'),
});
export type TopWords = z.output<typeof topWords>;
