import { z } from 'zod';
import { showDuration } from '../../base/duration.js';
import { WakeStep } from '../engine/wake-step.js';
import { fleetError } from '../errors.js';
import type { SwitchStep } from '../scenario/model.js';
import { duration, someShare } from '../scenario/words/values.js';
import type { StepKind } from './kind.js';
import { given, within, withinOf, wokenLoad } from './words.js';

const shape = z.strictObject({
  to: z.enum(['intune', 'sccm', 'office365']).describe('The new authority; there is no way back to none (A1).'),
  within,
  offline: someShare
    .exactOptional()
    .describe('How many devices are away when it happens, and hear nothing of it. Default: nobody.'),
  for: duration
    .exactOptional()
    .describe(
      'With offline: for how long from then on; they check in when they are back. Default: until a later step has them check in.',
    ),
  absent: z.boolean().exactOptional().describe('The same as offline: 100%.'),
});

export const switchKind: StepKind<SwitchStep> = {
  name: 'switch',
  about: 'The authority of the tenant changes and wakes every device; each checks in, and moves (A5, A6).',
  shape,
  short: 'to',
  plan(body, base, context) {
    const { to, within: wanted, offline, for: forMs, absent = false } = shape.parse(body);
    const share = offline ?? (absent ? 1 : undefined);
    if (offline !== undefined && absent) context.tell(['absent'], 'says otherwise than offline: write one of them');
    if (share === undefined && forMs !== undefined) context.tell(['for'], 'says nothing without offline');
    return {
      kind: 'switch',
      ...base,
      to,
      ...withinOf(wanted, context),
      ...(share === undefined ? {} : { offline: { share, ...given('forMs', forMs) } }),
    };
  },
  load(step, context) {
    const { to, withinMs, offline } = step;
    const away = offline === undefined ? '' : `, ${Math.round(offline.share * 1000) / 10} % of them away`;
    const time = withinMs === undefined ? '' : ` within ${showDuration(withinMs)}`;
    const load = wokenLoad(step, context, `everybody at once: to ${to}: notified, checks in, has moved${time}${away}`);
    const there = Math.round(load.sessions * (1 - (offline?.share ?? 0)));
    return { ...load, sessions: offline?.forMs === undefined ? there : load.sessions, peakPerSecond: there };
  },
  async atAuthority({ to }, { admin }) {
    await admin.setAuthority(to);
    await admin.renewPushCertificate(); // A11: without it no iOS device is told
  },
  /** What an earlier authority would still have told its devices they hear no more. */
  supersedes: ({ to }, earlier) => earlier.kind === 'change' || (earlier.kind === 'switch' && earlier.to !== to),
  onDevices: ({ to, withinMs, offline }, context) =>
    new WakeStep(context, {
      withinMs,
      offline,
      counts: 'moved',
      isThere: (state) => state.managedBy?.authority === to,
      missed: (index, hadSession) => {
        const lifecycle = context.peek(index)?.lifecycle ?? 'unenrolled';
        if (lifecycle !== 'enrolled')
          return fleetError('MOVE_MISSED', `the device is ${lifecycle}: its enrollment has ended`);
        return hadSession
          ? fleetError('MOVE_MISSED', `the device checked in, and was not told by its protocol that ${to} manages it`)
          : fleetError('WAKE_MISSED', 'no notification came before the step was over');
      },
    }),
};
