import { describe, expect, it, vi } from 'vitest';
import { agentError } from '../../agent/errors.js';
import { manualClock } from '../../base/clock.js';
import { memoryLog, silentLog } from '../../base/log.js';
import type { AuthorityClient } from '../../fleet/engine/authority-client.js';
import type { StepContext } from '../../fleet/engine/context.js';
import type { Target } from '../../fleet/engine/embedded.js';
import { Population } from '../../fleet/engine/population.js';
import { runPlan } from '../../fleet/engine/run.js';
import { crowdOf } from '../../fleet/engine/selection.js';
import { runStep } from '../../fleet/engine/steps.js';
import { fleetError } from '../../fleet/errors.js';
import { type FleetPlan, readFleetPlan } from '../../fleet/scenario/plan.js';
import type { Authority } from '../../protocol/vocabulary.js';
import { stubError } from '../../server-stub/errors.js';
import { deviceKeys } from '../support/keys.js';
import { openPorts, openTarget } from './stub.js';

const planOf = (steps: string, rest = '') =>
  readFleetPlan(
    `name: t\nseed: t\ndevices: { ios: 4 }\nauthority: office365\nkeys: { pool: 2 }\nsteps: ${steps}\n${rest}`,
  );

function run(plan: FleetPlan, target: Target, signal = new AbortController().signal, onStep?: (name: string) => void) {
  const onProgress = (what: string) => onStep?.(what);
  return runPlan({ plan, target, signal, log: silentLog, keysFolder: deviceKeys(2).folder, onProgress });
}

describe('a run', () => {
  it('takes every device through every step, moves it with the switch, and passes', async () => {
    const { authority, target } = await openTarget();
    const told = new Set<string>();
    const plan = planOf(
      '[{ enroll: {} }, { check-in: { expect: [email, vpn, wifi] } }, { use: { kinds: [email] } }, { switch: { to: intune } }, { check-in: { name: after } }, { leave: {} }]',
    );
    const result = await run(plan, target, undefined, (name) => told.add(name));
    expect(result).toMatchObject({ outcome: 'passed', keys: { keys: 2, devices: 4 } });
    expect(result.steps.map(({ name, count, failures, skipped }) => ({ name, count, failures, skipped }))).toEqual(
      plan.steps.map(({ name }) => ({ name, count: 4, failures: 0, skipped: 0 })),
    );
    expect([...told]).toEqual(['keys', ...plan.steps.map(({ name }) => name)]);
    expect(authority.tenant.authority).toBe('intune');
    expect(authority.tenant.changes().at(-1)).toMatchObject({ moved: 4 });
    for (const { response, service } of result.steps) {
      expect(service.p50).toBeGreaterThan(0);
      expect(response.max).toBeGreaterThanOrEqual(service.p50);
      expect(service.p50).toBe(Math.round(service.p50 * 1000) / 1000); // whole microseconds
    }
  });

  it('tells that only --ca makes an authority trusted, but not of one that was started for the run', async () => {
    const { target } = await openTarget();
    const trouble = async (given: Target) => (await run(planOf('[{ enroll: {} }, { leave: {} }]'), given)).told.trouble;
    expect(await trouble(target)).toMatchObject([{ what: 'TLS_UNTRUSTED', count: 4 }]);
    expect(await trouble({ ...target, isEmbedded: true })).toEqual([]);
  });

  it('tells what devices refused, though each run of a device went well', async () => {
    const { authority, target } = await openTarget();
    const { tenant } = authority;
    const asked = new Set<string>();
    const plan = planOf('[{ enroll: {} }, { check-in: {} }, { check-in: { name: again } }]');
    const result = await run(plan, target, undefined, (name) => {
      if (name !== 'check-in') return;
      for (const { deviceId } of tenant.devices())
        if (asked.size < asked.add(deviceId).size) tenant.queue(deviceId, { kind: 'locate' });
    });
    expect(result.outcome).toBe('passed');
    expect(result.told.refused).toEqual([
      { what: 'DeviceLocation', count: 4, sample: expect.stringMatching(/^MC\w+ErrorDomain \d+: /) },
    ]);
  });

  it('sets an authority that stands elsewhere to where the plan starts', async () => {
    const { authority, target } = await openTarget();
    authority.tenant.setAuthority('intune', 'somebody');
    const result = await run(planOf('[{ enroll: {} }, { switch: { to: intune } }]'), target);
    expect(result.outcome).toBe('passed');
    expect(authority.tenant.changes().map(({ to }) => to)).toEqual(['intune', 'office365', 'intune']);
  });

  it('counts a failure where it happened, skips the device from there, and says what the authority said', async () => {
    const { target } = await openTarget();
    const strange: Target = {
      ...target,
      userOf: (index) => (index === 1 ? 'nobody@contoso.example' : target.userOf(index)),
    };
    const result = await run(
      planOf('[{ enroll: {} }, { check-in: {} }, { leave: {} }]', 'thresholds: ["leave.count == 3"]'),
      strange,
    );
    expect(result.outcome).toBe('failed');
    expect(result.steps.map(({ count, failures, skipped }) => [count, failures, skipped])).toEqual([
      [4, 1, 0],
      [3, 0, 1],
      [3, 0, 1],
    ]);
    expect(result.steps[0]?.errors).toEqual({ ENROLL_REFUSED: 1 });
    expect(result.steps[0]?.samples['ENROLL_REFUSED']).toMatch(/user was not found.*spelling/i);
    expect(result.verdicts.filter((each) => !each.passed).map((each) => each.threshold)).toEqual([
      'enroll.failures == 0',
    ]);
  });

  it('that is stopped tells what was measured until then', async () => {
    const { target } = await openTarget();
    const stop = new AbortController();
    const plan = planOf('[{ enroll: {} }, { check-in: { over: 1h } }, { leave: {} }]');
    const result = await run(plan, target, stop.signal, (name) => {
      if (name === 'check-in') stop.abort(new Error('enough'));
    });
    expect(result.outcome).toBe('interrupted');
    expect(result.steps.map(({ name, count, cutOff, notStarted }) => [name, count, cutOff, notStarted])).toEqual([
      ['enroll', 4, 0, 0],
      ['check-in', 1, 0, 3],
    ]);
  });

  it('whose authority ends in the middle is incomplete, and says why', async () => {
    const { authority, target } = await openTarget();
    const lost = new AbortController();
    const plan = planOf('[{ enroll: {} }, { check-in: { over: 1h } }]');
    const result = await run(plan, { ...target, lost: lost.signal }, undefined, (name) => {
      if (name !== 'check-in') return;
      void authority.close();
      lost.abort(fleetError('AUTHORITY_LOST', 'it ended with exit code 1'));
    });
    expect(result).toMatchObject({ outcome: 'incomplete', problem: 'AUTHORITY_LOST: it ended with exit code 1' });
  });

  it('whose authority refuses the switch is incomplete, and keeps the steps before it', async () => {
    const { authority, target } = await openTarget();
    vi.spyOn(authority.tenant, 'setAuthority').mockImplementation(() => {
      throw stubError('AUTHORITY_FORBIDDEN', 'not today');
    });
    const result = await run(planOf('[{ enroll: {} }, { switch: { to: intune } }, { leave: {} }]'), target);
    expect(result).toMatchObject({
      outcome: 'incomplete',
      problem: expect.stringMatching(/^ADMIN_REFUSED: .*not today/),
    });
    expect(result.steps.map(({ name, count, notStarted }) => [name, count, notStarted])).toEqual([
      ['enroll', 4, 0],
      ['switch', 0, 4],
    ]);
  });

  it('does not begin where nobody answers, the token is wrong, or a switch has no token', async () => {
    const { target, authority } = await openTarget();
    const { adminToken: _, ...withoutToken } = target;
    const plan = planOf('[{ enroll: {} }, { switch: { to: intune } }]');
    const refused = (change: Target) => expect(run(plan, change)).rejects;
    await refused({ ...target, adminToken: 'wrong' }).toMatchObject({
      code: 'RUN_NOT_STARTED',
      cause: { code: 'ADMIN_REFUSED' },
    });
    await refused(withoutToken).toMatchObject({ code: 'RUN_NOT_STARTED', hint: expect.stringContaining('--token') });
    await refused({ ...target, url: 'https://127.0.0.1:9' }).toMatchObject({ code: 'RUN_NOT_STARTED' });
    const { ca: __, ...untrusting } = target;
    await refused(untrusting).toMatchObject({ code: 'RUN_NOT_STARTED', cause: { code: 'TLS_UNTRUSTED' } });
    expect(authority.counters.devices).toBe(0);
  });
});

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the switch', () => {
  /** Four enrolled devices of a real stub, a clock by hand, and an admin API that says what the test wants. */
  async function openSwitch(change: {
    /** Woken while the change is being made, and once it is confirmed. */
    early?: readonly number[];
    wake: readonly number[];
    managedBy: (index: number) => Authority;
  }) {
    const { target } = await openTarget();
    const made = await openPorts(target);
    const clock = manualClock();
    const log = memoryLog();
    const plan = planOf('[{ enroll: {} }, { switch: { to: intune, within: 30s } }]');
    const population = new Population({ seed: 't', ...crowdOf(plan.devices), ports: made.ports });
    let wake = (_: number): void => undefined;
    const admin: AuthorityClient = {
      authority: async () => 'office365',
      advanceClock: async () => {},
      setAuthority: async () => {
        for (const index of change.early ?? []) wake(index);
        await settled();
      },
      renewPushCertificate: async () => {
        for (const index of change.wake) wake(index);
      },
      managedBy: async () =>
        new Map([0, 1, 2, 3].map((index) => [population.peek(index)?.facts.id ?? '', change.managedBy(index)])),
    };
    const context: StepContext = {
      plan,
      population,
      clock,
      elapsed: clock.now,
      signal: new AbortController().signal,
      log,
      admin,
      onWake: (listener) => {
        wake = listener;
        return () => {
          wake = () => undefined;
        };
      },
      invitation: (index) => {
        const user = target.userOf(index);
        return { authority: target.url, url: `${target.url}/enroll/ios?user=${user}`, user };
      },
      progress: () => undefined,
    };
    const [enroll, change_] = plan.steps;
    if (enroll === undefined || change_ === undefined) throw new Error('two steps');
    await runStep(enroll, context);
    /** From here on a session is what the test makes of it. */
    const sessions = (act: (index: number) => Promise<void>) =>
      vi.spyOn(population, 'turn').mockImplementation(async (index) => {
        await act(index);
        return { commands: 0, later: 0, requests: 1 } as never;
      });
    return { context, clock, step: change_, sessions, wake: (index: number) => wake(index) };
  }

  it('counts who was not notified in time, and who checked in but did not move', async () => {
    const { context, clock, step } = await openSwitch({
      wake: [0, 1, 2],
      managedBy: (index) => (index === 2 ? 'office365' : 'intune'),
    });
    const ended = runStep(step, context);
    await clock.advance(30_000);
    const { figures, problem } = await ended;
    expect(problem).toBeUndefined();
    expect(figures).toMatchObject({ count: 4, failures: 2, errors: { WAKE_MISSED: 1, MOVE_MISSED: 1 } });
    expect([0, 1, 2, 3].map((index) => context.population.hasFailed(index))).toEqual([false, false, true, true]);
  });

  it('believes the authority about who moved in a session that began before the change was confirmed', async () => {
    const { context, step, sessions } = await openSwitch({ early: [0, 1], wake: [2, 3], managedBy: () => 'intune' });
    const turn = sessions(async () => undefined);
    const { figures } = await runStep(step, context); // the clock stands still
    expect([figures, turn.mock.calls.length]).toMatchObject([{ count: 4, failures: 0 }, 4]);
  });

  it('waits for the notification of a device that was woken too early and did not move', async () => {
    const moved = new Set([0, 2, 3]);
    const { context, clock, step, sessions, wake } = await openSwitch({
      early: [0, 1],
      wake: [2, 3],
      managedBy: (index) => (moved.has(index) ? 'intune' : 'office365'),
    });
    const held: number[] = [];
    sessions(async (index) => void held.push(index));
    const ended = runStep(step, context);
    await clock.advance(1_000);
    expect(held).toEqual([0, 1, 2, 3]);
    moved.add(1);
    wake(1);
    wake(0);
    expect((await ended).figures).toMatchObject({ count: 4, failures: 0 });
    expect(held).toEqual([0, 1, 2, 3, 1]);
    const late = await openSwitch({
      early: [0],
      wake: [1, 2, 3],
      managedBy: (n) => (n === 0 ? 'office365' : 'intune'),
    });
    late.sessions(async () => undefined);
    const missed = runStep(late.step, late.context);
    await late.clock.advance(30_000);
    expect((await missed).figures).toMatchObject({ count: 4, failures: 1, errors: { MOVE_MISSED: 1 } });
  });

  it('holds another session where the notification came after one that was too early', async () => {
    let held = 0;
    const { context, step, sessions } = await openSwitch({
      early: [0],
      wake: [0, 1, 2, 3],
      managedBy: (index) => (index > 0 || held === 2 ? 'intune' : 'office365'),
    });
    sessions(async (index) => {
      if (index === 0) held++;
    });
    expect((await runStep(step, context)).figures).toMatchObject({ count: 4, failures: 0 }); // the clock stands still
  });

  it('forgives a device that was served nothing before the change was confirmed, and takes the second wake-up', async () => {
    const { context, step, sessions, wake } = await openSwitch({
      early: [0, 1],
      wake: [1, 2, 3],
      managedBy: () => 'intune',
    });
    const tries: number[] = [];
    let isOver = () => {};
    sessions(async (index) => {
      tries.push(index);
      if (index === 1 && tries.length === 2) {
        await new Promise<void>((resolve) => {
          isOver = resolve; // still in its session when the change is confirmed
        });
      }
      if (tries.filter((each) => each === index).length === 1 && index < 2)
        throw agentError('AUTHORITY_BUSY', 'answered 503');
    });
    const ended = runStep(step, context);
    await settled();
    await settled();
    isOver();
    wake(0);
    expect((await ended).figures).toMatchObject({ count: 4, failures: 0 });
    expect([...tries].sort()).toEqual([0, 0, 1, 1, 2, 3]);
  });

  it('does not wait for devices that had failed before', async () => {
    const { context, step } = await openSwitch({ wake: [0, 1, 2], managedBy: () => 'intune' });
    context.population.markFailed(3);
    const { figures } = await runStep(step, context);
    expect(figures).toMatchObject({ count: 3, failures: 0, skipped: 1, notStarted: 0 });
  });

  it('is not made when no device is left who could move', async () => {
    const { context, step } = await openSwitch({ wake: [], managedBy: () => 'intune' });
    for (const index of [0, 1, 2, 3]) context.population.markFailed(index);
    const { figures } = await runStep(step, context);
    expect(figures).toMatchObject({ count: 0, skipped: 4 });
  });

  it('that the admin API refuses is a problem of the run, not of the devices', async () => {
    const { context, step } = await openSwitch({ wake: [], managedBy: () => 'intune' });
    const admin: AuthorityClient = {
      authority: async () => 'office365',
      advanceClock: async () => {},
      setAuthority: () => Promise.reject(fleetError('ADMIN_REFUSED', 'no')),
      renewPushCertificate: async () => undefined,
      managedBy: async () => new Map(),
    };
    const { figures, problem } = await runStep(step, { ...context, admin });
    expect(problem).toMatchObject({ code: 'ADMIN_REFUSED' });
    expect(figures).toMatchObject({ count: 0, failures: 0, notStarted: 4 });
  });
});
