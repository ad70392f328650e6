import { z } from 'zod';
import { authorities } from '../../protocol/vocabulary.js';
import { assertHolds, assertMoved } from '../engine/verdicts.js';
import type { CheckInStep } from '../scenario/model.js';
import { paceOf, recurringWords } from '../scenario/words/pace.js';
import { duration } from '../scenario/words/values.js';
import type { StepKind } from './kind.js';
import { given, kindsOfProfiles, pacedLoad } from './words.js';

const authority = z.enum(Object.keys(authorities) as [keyof typeof authorities, ...(keyof typeof authorities)[]]);

const shape = z.strictObject({
  ...recurringWords,
  every: z
    .union([z.literal('schedule'), duration], 'expected schedule, or a duration such as 8h')
    .exactOptional()
    .describe(
      'Again and again: each device at its own moment of this interval; or schedule: as each platform does by itself, and whenever the authority wakes it.',
    ),
  expect: kindsOfProfiles.exactOptional().describe('Kinds of profiles that each device holds afterwards.'),
  'managed-by': authority
    .exactOptional()
    .describe('Who manages each device afterwards, as it knows by its protocol (A6).'),
  stale: z
    .int()
    .min(0)
    .max(1000)
    .exactOptional()
    .describe('With managed-by: how many profiles an earlier authority has left behind (A8). Default: 0.'),
});

export const checkIn: StepKind<CheckInStep> = {
  name: 'check-in',
  about: 'Each device checks in: a session with the authority, and all that it is told to do.',
  shape,
  plan(body, base, context) {
    const { expect = [], 'managed-by': managedBy, stale, ...pace } = shape.parse(body);
    if (stale !== undefined && managedBy === undefined) context.tell(['stale'], 'says nothing without managed-by');
    return {
      kind: 'check-in',
      ...base,
      pace: paceOf(pace, context),
      expect,
      ...given('managedBy', managedBy),
      ...given('stale', stale),
    };
  },
  load(step, context) {
    const { expect, managedBy, stale } = step;
    const what = [
      expect.length > 0 ? `a session, then holds ${expect.join(', ')}` : 'a session',
      ...(managedBy === undefined ? [] : [`knows that ${managedBy} manages it`]),
      ...(stale === undefined ? [] : [`holds ${stale} stale`]),
    ];
    return pacedLoad(step, context, 'check-in', what.join('; '));
  },
  onDevices: (step, { signal }) => ({
    pace: step.pace,
    async act(device, _index, why) {
      const { pace, expect, managedBy, stale = 0 } = step;
      const isByItself = pace.kind === 'schedule' && why !== 'woken';
      const report = isByItself
        ? await device.actIfDue(signal)
        : await device.checkIn(signal, why === 'woken' ? 'woken' : 'scheduled');
      if (report === undefined) return { isOpen: true };
      assertHolds(device.state, expect);
      if (managedBy !== undefined) assertMoved(device.state, managedBy, stale);
      return undefined;
    },
    isDone: () => true,
  }),
};
