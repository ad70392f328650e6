import { describe, expect, it } from 'vitest';
import { agentError } from '../../../agent/errors.js';
import type { Device } from '../../../agent/index.js';
import { manualClock } from '../../../base/clock.js';
import { baseError } from '../../../base/errors.js';
import { Population } from '../../../fleet/engine/population.js';
import { crowdOf } from '../../../fleet/engine/selection.js';
import { StepScene } from '../../../fleet/engine/step-scene.js';
import type { World } from '../../../fleet/engine/world.js';
import type { Pace, Step } from '../../../fleet/scenario/model.js';
import { herd } from '../../../fleet/steps/herd.js';
import type { StepKind } from '../../../fleet/steps/kind.js';
import { licences } from '../../../fleet/steps/licences.js';
import { acting } from './acting.js';
import { phaseOf, planOf } from './coordinating.js';
import { idlePorts } from './idle-ports.js';

const step = (name: string, pace: Pace, rest: Partial<Step> = {}) =>
  ({ kind: 'check-in', name, atMs: 0, pace, expect: [], ...rest }) as Step;
const constant = (perSecond: number): Pace => ({ kind: 'open', arrivals: { shape: 'constant', perSecond } });
const hour = 3_600_000;

const mixed = [
  { name: 'phones', platform: 'ios', count: 13, supervised: 0.3 },
  { name: 'pcs', platform: 'windows', count: 9 },
  { name: 'tablets', platform: 'android', count: 8 },
] as const;

describe('engines of one seed', () => {
  const phases = [
    phaseOf('join', [step('join', { kind: 'open', arrivals: { shape: 'poisson', perSecond: 5 } })]),
    phaseOf(
      'day',
      [
        step('again', { kind: 'every', everyMs: hour, jitter: 0.2 }),
        step('some', constant(0.01), { of: { share: 0.4 }, atMs: hour }),
        step('few', { kind: 'closed', users: 6 }, { of: { platforms: ['ios'] } }),
      ],
      { scale: 360, forMs: 6 * hour },
    ),
    phaseOf('after', [step('after', constant(100))]),
  ];
  const plan = planOf({ groups: mixed, phases });
  /** Every seventh fails in its first recurrence. */
  const doing = async ({ step: name, index }: { step: string; index: number }) => {
    if (name === 'again' && index % 7 === 3) throw agentError('CHECKIN_REFUSED', 'not this one');
  };

  const lived = async (n: number) => {
    const { acts, engines, ready, run } = acting(plan, { n, doing });
    await ready();
    await run(0, 60_000);
    await run(1, 70_000);
    await run(2, 1000);
    const failures = engines.flatMap((each) => each.said.flatMap((m) => (m.type === 'failures' ? m.failures : [])));
    const counted = (name: string, counter: 'passed' | 'failures' | 'planned' | 'skipped') =>
      engines.reduce((sum, engine) => sum + engine.of(name).counter(counter), 0);
    return {
      acts: acts
        .filter((act) => act.step !== 'few') // a closed model's times are those of the answers
        .map(({ step: name, index, id, at }) => `${String(index).padStart(2)} ${name} ${id} ${at.toFixed(3)}`)
        .sort(),
      few: acts.filter((act) => act.step === 'few').length,
      failures: failures
        .map(({ index, id, step: name, code, platform }) => [index, platform, id, name, code].join(' '))
        .sort(),
      counts: ['join', 'again', 'some', 'few', 'after'].map((name) =>
        (['planned', 'passed', 'failures', 'skipped'] as const).map((counter) => counted(name, counter)),
      ),
    };
  };

  it('have the same devices, do the same at the same times and fail alike, be they 1, 2 or 3', async () => {
    const one = await lived(1);
    expect(one.acts.length).toBeGreaterThan(150);
    expect(one.failures.length).toBe(4);
    expect(one.counts[0]).toEqual([30, 30, 0, 0]);
    expect(one.counts[2]?.[0]).toBe(12);
    expect(one.counts[4]).toEqual([30, 26, 0, 4]);
    expect(await lived(2)).toEqual(one);
    expect(await lived(3)).toEqual(one);
  });
});

describe('a phase', () => {
  it('ends when all its steps have, and tells so unasked; its first start is at the moment that was said', async () => {
    const { clock, acts, engines, ready, on } = acting(
      planOf({ phases: [phaseOf('p', [step('a', constant(1)), step('b', constant(2), { atMs: 5000 })])] }),
    );
    await ready();
    const wallAt = clock.now() + 300;
    engines[0]?.begin(0, wallAt);
    await on(300);
    expect(acts.map(({ step: name, at }) => [name, at - wallAt])).toEqual([['a', 0]]);
    await on(8000);
    expect(acts.map(({ step: name, at }) => [name, at - wallAt])).toEqual([
      ['a', 0],
      ['a', 1000],
      ['a', 2000],
      ['a', 3000],
      ['b', 5000],
      ['b', 5500],
      ['b', 6000],
      ['b', 6500],
    ]);
    const types = engines[0]?.said.map(({ type }) => type).filter((type) => type !== 'pong' && type !== 'delta');
    expect(types).toEqual(['preparing', 'preparing', 'ready', 'began', 'phase-done']);
    expect(clock.pending).toBe(2); // the next delta, and the look whether anybody is there
  });

  it('with a time of its own has what came due in it, and no more', async () => {
    const every = { kind: 'every', everyMs: hour, jitter: 0 } as const;
    const steps = [step('again', every), step('once', { ...every, forMs: hour })];
    const day = phaseOf('day', steps, { scale: 3600, forMs: 3 * hour });
    const { acts, engines, ready, run, on } = acting(planOf({ phases: [day] }));
    await ready();
    await run(0, 2990);
    const isDone = () => engines[0]?.said.some(({ type }) => type === 'phase-done');
    expect(isDone()).toBe(false);
    await on(1000);
    expect([isDone(), acts.length]).toEqual([true, 16]);
    const own = acts.filter(({ index, step: name }) => index === 0 && name === 'again').map(({ at }) => at);
    expect(own.slice(1).map((at, k) => Math.round(at - (own[k] ?? 0)))).toEqual([1000, 1000]);
  });

  it('is cut short when it is told to, and who had not begun is counted as dropped', async () => {
    const { engines, ready, run, on } = acting(planOf({ phases: [phaseOf('p', [step('a', constant(1))])] }));
    await ready();
    await run(0, 1500);
    engines[0]?.tell({ type: 'end-phase', phase: 0 });
    await on(200);
    await engines[0]?.hears('phase-done');
    const sums = engines[0]?.of('a');
    expect([sums?.counter('planned'), sums?.counter('passed'), sums?.counter('dropped')]).toEqual([4, 2, 2]);
  });

  it('cuts off who is in a session still twice the grace after its end, and says so', async () => {
    const doing = async ({ index }: { index: number }, _device: Device, signal: AbortSignal) => {
      if (index !== 1) return;
      await new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(agentError('TRANSPORT_LOST', 'cut'))),
      );
    };
    const day = phaseOf('day', [step('again', { kind: 'every', everyMs: hour, jitter: 0 })], { forMs: hour });
    const { engines, ready, run, on } = acting(planOf({ phases: [day] }), { doing });
    await ready();
    await run(0, hour + 9990);
    const isDone = () => engines[0]?.said.some(({ type }) => type === 'phase-done');
    expect(isDone()).toBe(false);
    await on(100);
    await engines[0]?.hears('phase-done');
    const sums = engines[0]?.of('again');
    expect([sums?.counter('passed'), sums?.counter('failures'), sums?.counter('cutOff')]).toEqual([3, 0, 1]);
  });

  it('counts for whom a later step has taken the place of one that was waited for', async () => {
    const waiting = new Set([0, 1, 2, 3]);
    const kinds: Record<string, unknown> = {
      change: {
        onDevices: () => ({
          act: async () => undefined,
          superseded: (index: number) => waiting.delete(index),
          isDone: () => true,
        }),
      },
      switch: { atAuthority: async () => undefined, supersedes: (_: Step, { kind }: Step) => kind === 'change' },
      leave: {
        supersedes: (_: Step, { kind }: Step) => kind === 'change',
        onDevices: ({ pace }: Step & { pace: Pace }) => ({ pace, act: async () => undefined, isDone: () => true }),
      },
    };
    const steps = [
      { kind: 'change', name: 'change', atMs: 0, profile: 'p', set: {} },
      { kind: 'leave', name: 'leave', atMs: 0, pace: constant(1), of: { groups: ['b'] } },
      { kind: 'switch', name: 'switch', atMs: 0, to: 'intune', of: { groups: ['a'] } },
    ] as Step[];
    const groups = [
      { name: 'a', platform: 'ios', count: 2 },
      { name: 'b', platform: 'windows', count: 2 },
    ] as const;
    const { clock, engines, ready, run, on } = acting(
      planOf({ groups, phases: [phaseOf('p', steps, { forMs: 9000 })] }),
      {
        scene: { kindOf: ({ kind }) => kinds[kind] as StepKind<Step> },
      },
    );
    await ready();
    await run(0, 500);
    expect(waiting.size).toBe(3); // the first has left
    engines[0]?.tell({ type: 'happened', step: 'switch', wallAt: clock.now(), scenarioAt: 0 });
    await on(10_000);
    await engines[0]?.hears('phase-done');
    expect([waiting.size, engines[0]?.of('change').counter('superseded')]).toEqual([0, 4]);
  });

  it('without a length of its own waits for who was woken until nothing has come of anybody for half a minute', async () => {
    const steps = [{ kind: 'herd', name: 'herd', atMs: 0 }, step('once', constant(0.1))] as Step[];
    const kinds: Record<string, unknown> = {
      herd,
      'check-in': {
        onDevices: ({ pace }: Step & { pace: Pace }) => ({ pace, act: async () => undefined, isDone: () => true }),
      },
    };
    const { clock, engines, ready, run, on } = acting(planOf({ phases: [phaseOf('p', steps)] }), {
      scene: { kindOf: ({ kind }) => kinds[kind] as StepKind<Step> },
    });
    const [engine] = engines;
    await ready();
    await run(0, 1000);
    engine?.tell({ type: 'happened', step: 'herd', wallAt: clock.now(), scenarioAt: 0 });
    await on(58_500); // the last act of anybody is at 30 s
    expect(engine?.said.some(({ type }) => type === 'phase-done')).toBe(false);
    await on(5000);
    await engine?.hears('phase-done');
    const sums = engine?.of('herd');
    expect([sums?.counter('failures'), sums?.errors()[0]?.code]).toEqual([4, 'WAKE_MISSED']);
  });

  it('finds whom a step does not concern only when nothing else goes on', async () => {
    const steps = [
      { kind: 'licences', name: 'licences', atMs: 0, add: 'INTUNE_A' },
      step('once', constant(0.1)),
    ] as Step[];
    const kinds: Record<string, unknown> = {
      licences,
      'check-in': {
        onDevices: ({ pace }: Step & { pace: Pace }) => ({ pace, act: async () => undefined, isDone: () => true }),
      },
    };
    const { clock, engines, ready, run, on } = acting(planOf({ phases: [phaseOf('p', steps)] }), {
      scene: { kindOf: ({ kind }) => kinds[kind] as StepKind<Step> },
    });
    const [engine] = engines;
    await ready();
    await run(0, 1000);
    engine?.tell({ type: 'happened', step: 'licences', wallAt: clock.now(), scenarioAt: 0 });
    await on(28_000);
    expect(engine?.of('licences').counter('unconcerned')).toBe(0);
    await on(3000);
    await engine?.hears('phase-done');
    expect(engine?.of('licences').counter('unconcerned')).toBe(4);
  });

  it('that ends before somebody could try again counts what broke the session', async () => {
    const doing = async () => {
      throw agentError('TRANSPORT_LOST', 'nobody there');
    };
    const pace = { kind: 'every', everyMs: 10_000, jitter: 0 } as const;
    const { engines, ready, run, on } = acting(
      planOf({ phases: [phaseOf('p', [step('again', pace)], { forMs: 10_000 })] }),
      {
        doing,
      },
    );
    await ready();
    await run(0, 10_100);
    await on(1000);
    await engines[0]?.hears('phase-done');
    const sums = engines[0]?.of('again');
    expect([sums?.counter('failures'), sums?.errors()[0]?.code]).toEqual([4, 'TRANSPORT_LOST']);
  });

  it('without a length of its own does not end while somebody is about to try again', async () => {
    const tries = [0, 0, 0, 0];
    const doing = async ({ index }: { index: number }) => {
      tries[index] = (tries[index] ?? 0) + 1;
      if ((tries[index] ?? 0) < 3) throw agentError('TRANSPORT_LOST', 'nobody there');
    };
    const day = phaseOf('day', [step('again', { kind: 'every', everyMs: hour, jitter: 0, forMs: hour })]);
    const { engines, ready, run } = acting(planOf({ phases: [day] }), { doing });
    await ready();
    await run(0, 2 * hour);
    const sums = engines[0]?.of('again');
    expect([tries, sums?.counter('retries'), sums?.counter('passed')]).toEqual([[3, 3, 3, 3], 8, 4]);
  });

  it('tries again what recurs and may be tried again, counts that, and gives up as a device does', async () => {
    let tries = 0;
    const doing = async ({ index }: { index: number }) => {
      if (index !== 1) return;
      tries++;
      throw agentError('TRANSPORT_LOST', 'nobody there');
    };
    const day = phaseOf('day', [step('again', { kind: 'every', everyMs: hour, jitter: 0 })], { forMs: hour });
    const { engines, ready, run } = acting(planOf({ phases: [day] }), { doing });
    await ready();
    await run(0, 2 * hour);
    const sums = engines[0]?.of('again');
    expect([tries, sums?.counter('retries'), sums?.counter('failures'), sums?.counter('passed')]).toEqual([6, 5, 1, 3]);
    expect(engines[0]?.said.filter(({ type }) => type === 'failures')).toHaveLength(1);
  });
});

describe('a fleet that had enrolled before', () => {
  it('is left out of the steps in which devices enroll; the others come at their own times', () => {
    const crowd = crowdOf({ ios: 4 });
    const population = new Population({ seed: 't', ...crowd, ports: idlePorts(manualClock()) });
    population.mark(2, 'kept', true);
    const plan = planOf({ steps: [step('enroll', constant(1), { kind: 'enroll' } as Partial<Step>)] });
    const world = { plan, cast: crowd.cast, population, takesPart: () => true } as unknown as World;
    const [phase = phaseOf('', [])] = plan.phases;
    const sceneOf = (each: Step) => new StepScene(world, phase, each, { beganAt: 0, scale: 1 });
    const [enroll = step('', constant(1))] = phase.steps;
    const { indexes, kept, ranks, total } = sceneOf(enroll);
    expect([[...indexes], [...ranks], kept, total]).toEqual([[0, 1, 3], [0, 1, 3], [2], 4]);
    expect(sceneOf(step('check-in', constant(1))).kept).toEqual([]);
  });
});

describe('an engine that is stopped', () => {
  it('starts nothing more, lets those end who are in the middle, and says who had not begun', async () => {
    let end: () => void = () => undefined;
    const doing = ({ index }: { index: number }) =>
      index === 1 ? new Promise<void>((resolve) => (end = resolve)) : Promise.resolve();
    const phases = [phaseOf('p', [step('a', constant(1))]), phaseOf('q', [step('b', constant(1))])];
    const { engines, ready, run, on } = acting(planOf({ phases }), { doing });
    const [engine] = engines;
    await ready();
    await run(0, 1500);
    engine?.tell({ type: 'stop', hard: false, why: 'Ctrl-C' });
    await on(2000);
    expect(engine?.said.some(({ type }) => type === 'result')).toBe(false);
    end();
    await engine?.over;
    const said = await engine?.hears('result');
    expect(said?.result).toMatchObject({ outcome: 'cancelled', devices: { planned: 4, started: 2 } });
    const sums = engine?.of('a');
    expect([sums?.counter('passed'), sums?.counter('notStarted')]).toEqual([2, 2]);
  });

  it('waits no longer than it may, and counts who was cut off', async () => {
    let cutOff: (error: Error) => void = () => undefined;
    const doing = ({ index }: { index: number }) =>
      index === 1 ? new Promise<void>((_, reject) => (cutOff = reject)) : Promise.resolve();
    const { engines, ready, run, on } = acting(planOf({ phases: [phaseOf('p', [step('a', constant(1))])] }), { doing });
    const [engine] = engines;
    await ready();
    await run(0, 1500);
    engine?.tell({ type: 'stop', hard: true, why: 'Ctrl-C twice' });
    cutOff(baseError('INTERRUPTED', 'stopped'));
    await on(100);
    await engine?.over;
    const sums = engine?.of('a');
    expect([sums?.counter('passed'), sums?.counter('cutOff'), sums?.counter('notStarted')]).toEqual([1, 1, 2]);
  });

  it('by a coordinator that is not heard of for ten seconds stops by itself', async () => {
    const { clock, engines, ready, run, acts } = acting(planOf({ phases: [phaseOf('p', [step('a', constant(0.1))])] }));
    const [engine] = engines;
    await ready();
    await run(0, 5000);
    await clock.advance(4000);
    expect(engine?.said.some(({ type }) => type === 'result')).toBe(false);
    await clock.advance(3000);
    await engine?.over;
    expect(await engine?.hears('result')).toMatchObject({ result: { outcome: 'cancelled' } });
    expect(acts).toHaveLength(2);
  });
});
