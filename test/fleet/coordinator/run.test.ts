import { describe, expect, it, vi } from 'vitest';
import { silentLog } from '../../../base/log.js';
import { leadRun } from '../../../fleet/coordinator/lead.js';
import type { Target } from '../../../fleet/engine/target.js';
import { fleetError } from '../../../fleet/errors.js';
import type { LogEvent } from '../../../fleet/log/events.js';
import type { FleetPlan } from '../../../fleet/scenario/model.js';
import { readScenario } from '../../../fleet/scenario/read.js';
import { defaultTenant } from '../../../server-stub/default-tenant.js';
import { stubError } from '../../../server-stub/errors.js';
import { deviceKeys } from '../../support/keys.js';
import { openTarget } from '../stub.js';

const devices = 2;
const planOf = (phases: string, rest = '') =>
  readScenario(
    `name: t\nseed: t\nauthority: office365\ndevices: { ios: ${devices}, users: { devicesEach: 2 }, keys: { pool: 2 } }\nphases: ${phases}\n${rest}`,
  );

function run(
  plan: FleetPlan,
  target: Target,
  more: { signal?: AbortSignal; onEvent?: (event: LogEvent) => void } = {},
) {
  return leadRun({
    plan,
    openTarget: async () => target,
    signal: new AbortController().signal,
    log: silentLog,
    keysFolder: deviceKeys(2).folder,
    ...more,
  });
}

/** Calls back when a phase begins. */
const atPhase = (number: number, act: () => void) => (event: LogEvent) => {
  if (event.type === 'phase' && event.event === 'began' && event.phase === number) act();
};

describe('a run', () => {
  it('takes every device through every step, moves it with the switch, and passes', async () => {
    const { authority, target } = await openTarget();
    const plan = planOf(
      '[{ enroll: {} }, { check-in: { expect: [email, vpn, wifi] } }, { use: { kinds: [email] } }, { switch: { to: intune } }, { check-in: { name: after } }, { leave: {} }]',
    );
    const types = new Set<string>();
    const summary = await run(plan, target, { onEvent: ({ type }) => types.add(type) });
    expect(summary).toMatchObject({ outcome: 'passed', exitCode: 0, keys: { keys: 2, devices }, lostShards: [] });
    expect(summary.steps.map(({ name, count, counts }) => [name, count, counts['failures'] ?? 0])).toEqual(
      plan.phases.map(({ name }) => [name, devices, 0]),
    );
    expect([...types]).toEqual(
      expect.arrayContaining(['run', 'preparing', 'phase', 'happened', 'delta', 'result', 'end']),
    );
    expect(authority.tenant.authority).toBe('intune');
    expect(authority.tenant.changes().at(-1)).toMatchObject({ moved: devices });
  });

  it('sets an authority that stands elsewhere to where the plan begins', async () => {
    const { authority, target } = await openTarget();
    authority.tenant.setAuthority('intune', 'somebody');
    expect((await run(planOf('[{ enroll: {} }, { switch: { to: intune } }]'), target)).outcome).toBe('passed');
    expect(authority.tenant.changes().map(({ to }) => to)).toEqual(['intune', 'office365', 'intune']);
  });

  it('that begins under office365 in a tenant without an authority moves the clock on until the service is ready (B1)', async () => {
    const { authority, target } = await openTarget(3, defaultTenant({ authority: 'unknown', users: 3 }));
    const begun = authority.clock.now();
    const notes: string[] = [];
    const summary = await run(planOf('[{ enroll: {} }, { switch: { to: intune } }]'), target, {
      onEvent: (event) => event.type === 'note' && notes.push(event.text),
    });
    expect(summary).toMatchObject({ outcome: 'passed', steps: [{ count: devices, counts: { passed: devices } }, {}] });
    expect(authority.clock.now() - begun).toBeGreaterThanOrEqual(3_600_000);
    expect(notes).toContainEqual(expect.stringContaining('moved by 1 h'));
    expect(authority.tenant.failures()).toEqual([]);
  });

  it('does not start where that service is stuck', async () => {
    const tenant = defaultTenant({ authority: 'unknown', users: 3 });
    const settings = { ...tenant.settings, bmsProvisioningMs: 100 * 86_400_000 };
    const { target } = await openTarget(3, { ...tenant, settings });
    expect(await run(planOf('[{ enroll: {} }, { switch: { to: intune } }]'), target)).toMatchObject({
      exitCode: 5,
      problem: { code: 'RUN_NOT_STARTED', message: expect.stringMatching(/^Basic Mobility and Security/) },
    });
  });

  it('sets the stub’s clock to the pace of each phase, and to what it was in the end', async () => {
    const { authority, target } = await openTarget();
    const scales: number[] = [];
    const plan = planOf('[{ enroll: {} }, { day: { clock: 3600, for: 1h, do: [{ check-in: { every: 30m } }] } }]');
    const summary = await run(plan, target, {
      onEvent: ({ type }) => {
        if (type === 'delta' || type === 'phase') scales.push(authority.clock.scale);
      },
    });
    expect(summary.outcome).toBe('passed');
    expect(new Set(scales)).toEqual(new Set([1, 3600]));
    expect(authority.clock.scale).toBe(1);
  });

  it('wakes the devices of a herd, and those alone that it is for', async () => {
    const { authority, target } = await openTarget();
    const plan = planOf('[{ enroll: {} }, { herd: { share: 50%, within: 30s } }]');
    const values: unknown[] = [];
    const summary = await run(plan, target, {
      onEvent: (event) => event.type === 'happened' && values.push(event.value),
    });
    expect(values).toEqual([{ devices: 1 }]);
    expect(summary.steps[1]).toMatchObject({ count: 1, counts: { passed: 1 } });
    expect(authority.tenant.pushes().filter(({ why }) => why === 'sync')).toHaveLength(1);
  });

  it('whose administrator retires devices ends with them gone', async () => {
    const { authority, target } = await openTarget();
    const summary = await run(planOf('[{ enroll: {} }, { retire: { within: 60s } }]'), target);
    expect(summary.outcome).toBe('passed');
    expect(authority.tenant.devices().filter(({ status }) => status === 'enrolled')).toEqual([]);
  });

  it('that is stopped tells what was measured until then', async () => {
    const { target } = await openTarget();
    const stop = new AbortController();
    const plan = planOf('[{ enroll: {} }, { check-in: { over: 1h } }, { leave: {} }]');
    const onEvent = atPhase(1, () => stop.abort(new Error('enough')));
    const summary = await run(plan, target, { signal: stop.signal, onEvent });
    expect(summary).toMatchObject({ outcome: 'interrupted', exitCode: 130 });
    expect(summary.steps[0]).toMatchObject({ name: 'enroll', count: devices });
    expect(summary.steps[1]?.counts['notStarted']).toBeGreaterThanOrEqual(devices - 1);
  });

  it('whose authority ends in the middle is incomplete, and says why', async () => {
    const { authority, target } = await openTarget();
    const lost = new AbortController();
    const onEvent = atPhase(1, () => {
      void authority.close();
      lost.abort(fleetError('AUTHORITY_LOST', 'it ended with exit code 1'));
    });
    const plan = planOf('[{ enroll: {} }, { check-in: { over: 1h } }]');
    const summary = await run(plan, { ...target, lost: lost.signal }, { onEvent });
    expect(summary).toMatchObject({
      outcome: 'incomplete',
      exitCode: 4,
      problem: { code: 'AUTHORITY_LOST', message: 'it ended with exit code 1' },
    });
  });

  it('whose authority refuses the switch is incomplete, and keeps the steps before it', async () => {
    const { authority, target } = await openTarget();
    vi.spyOn(authority.tenant, 'setAuthority').mockImplementation(() => {
      throw stubError('AUTHORITY_FORBIDDEN', 'not today');
    });
    const summary = await run(planOf('[{ enroll: {} }, { switch: { to: intune } }, { leave: {} }]'), target);
    expect(summary).toMatchObject({
      outcome: 'incomplete',
      problem: { code: 'ADMIN_REFUSED', message: expect.stringContaining('not today') },
    });
    expect(summary.steps.map(({ count }) => count)).toEqual([devices, 0, 0]);
  });

  it('ends early where a threshold of abortOn holds, and says which', async () => {
    const { target } = await openTarget();
    const plan = planOf('[{ enroll: {} }, { check-in: { every: 1h, for: 10h } }]', 'abortOn: ["enroll.count > 0"]');
    const summary = await run(plan, target);
    expect(summary).toMatchObject({
      outcome: 'aborted',
      exitCode: 99,
      problem: { code: 'RUN_ABORTED', message: expect.stringContaining('enroll.count > 0') },
    });
  });

  it.each<[string, (target: Target) => Target, string]>([
    [
      'nobody answers',
      (target) => ({ ...target, url: 'https://127.0.0.1:9', places: ['https://127.0.0.1:9'] }),
      'cannot be reached',
    ],
    ['the token is wrong', (target) => ({ ...target, adminToken: 'wrong' }), 'refused to be administered'],
    ['a switch has no token', ({ adminToken: _, ...target }) => target, 'needs the authority'],
    ['nobody trusts the authority', ({ ca: _, ...target }) => target, 'cannot be reached'],
  ])('does not begin where %s', async (_, change, why) => {
    const { target, authority } = await openTarget();
    const summary = await run(planOf('[{ enroll: {} }, { switch: { to: intune } }]'), change(target));
    expect(summary).toMatchObject({
      outcome: 'not-started',
      exitCode: 5,
      problem: { code: 'RUN_NOT_STARTED', message: expect.stringContaining(why) },
    });
    expect(authority.counters.devices).toBe(0);
  });

  it('does not begin where the authority cannot be started, and has a summary all the same', async () => {
    const { target } = await openTarget();
    const refuse = async (): Promise<Target> => {
      throw fleetError('RUN_NOT_STARTED', 'the embedded authority did not start', { cause: new Error('no room') });
    };
    const plan = planOf('[{ enroll: {} }]');
    const summary = await leadRun({ plan, openTarget: refuse, signal: new AbortController().signal, log: silentLog });
    expect(summary).toMatchObject({
      outcome: 'not-started',
      problem: { message: 'the embedded authority did not start: no room' },
    });
    expect(target.isEmbedded).toBe(false);
  });
});
