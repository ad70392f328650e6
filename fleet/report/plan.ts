import { showDuration } from '../../base/duration.js';
import { deviceTotal, type FleetPlan, type Step } from '../scenario/plan.js';

export const showDevices = (plan: Pick<FleetPlan, 'devices'>): string =>
  Object.entries(plan.devices)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');

/** What the plan would do, step by step with the load it comes to, for people. */
export function describePlan(plan: FleetPlan): string {
  const total = deviceTotal(plan);
  const keys = plan.keys === 'fresh' ? `${total} keys, one each` : `${Math.min(plan.keys.pool, total)} shared keys`;
  const width = Math.max(...plan.steps.map(({ name }) => name.length));
  return [
    `${plan.name}: ${showDevices(plan)}, seed "${plan.seed}", starts under ${plan.authority}`,
    `  at most ${plan.concurrency} sessions at a time, ${keys}, ${showDuration(scheduledMs(plan))} by its schedule`,
    '',
    ...plan.steps.map((step) =>
      `  ${step.name.padEnd(width)}  ${load(step, total).padEnd(30)}  ${detail(step)}`.trimEnd(),
    ),
    '',
    ...plan.thresholds.map(({ text }) => `  must hold: ${text}`),
    '',
  ].join('\n');
}

/** How long it takes if every device is answered at once: steps follow each other, a switch takes what its devices take. */
const scheduledMs = ({ steps }: FleetPlan): number =>
  steps.reduce((sum, step) => sum + ('overMs' in step ? step.overMs : 0), 0);

function load(step: Step, total: number): string {
  if (!('overMs' in step) || step.overMs === 0) return `${total} at once`;
  const perSecond = (total * 1000) / step.overMs;
  return `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)} a second for ${showDuration(step.overMs)}`;
}

function detail(step: Step): string {
  switch (step.kind) {
    case 'enroll':
      return 'profile, SCEP, Authenticate, TokenUpdate: 5 signatures each';
    case 'check-in':
      return [
        step.expect.length > 0 ? `a session, then holds ${step.expect.join(', ')}` : 'a session',
        ...(step.managedBy === undefined ? [] : [`knows that ${step.managedBy} manages it`]),
        ...(step.stale === undefined ? [] : [`holds ${step.stale} stale`]),
      ].join('; ');
    case 'use': {
      const what = `${step.kinds.join(', ')}${step.of === undefined ? '' : ` of ${step.of}`}`;
      return `tries ${what} at the gate${step.isRefused === true ? ', which refuses' : ''}`;
    }
    case 'clock':
      return `the stub's clock goes on by ${showDuration(step.advanceMs)}`;
    case 'switch':
      if (step.isAbsent === true) return `to ${step.to}, while the devices are away`;
      return `to ${step.to}: notified, checks in, has moved within ${showDuration(step.withinMs)}`;
    case 'leave':
      return 'removes management by itself';
  }
}
