import { describe, expect, it } from 'vitest';
import { manualClock } from '../../base/clock.js';
import { cpuChecks, healthChecks, needOf, resourceChecks } from '../../fleet/report/capacity.js';
import { forecast, keptCheckIn } from '../../fleet/report/forecast.js';
import { availableMemory, type Machine, measureMachine } from '../../fleet/report/machine.js';
import { showDoctor, showForecast } from '../../fleet/report/plan-command.js';
import { samplePlan } from './sample-run.js';

const machine: Machine = {
  node: '20.20.2',
  cpu: 'a processor',
  cores: 2,
  memoryBytes: 4e9,
  descriptors: 1024,
  ports: 28_232,
  diskBytes: 20e9,
  signatures: 1000,
  loopP99Ms: 1,
  clockStepMs: 0.2,
  load: 0.1,
};

const pipe = (columns = 80) => {
  const written: string[] = [];
  return {
    columns,
    write: (text: string) => void written.push(text),
    get text() {
      return written.join('');
    },
  };
};

const larger = (count: number, change: Partial<typeof samplePlan> = {}) => ({
  ...samplePlan,
  groups: [
    { name: 'ios', platform: 'ios' as const, count },
    { name: 'android', platform: 'android' as const, count },
  ],
  ...change,
});

describe('what a plan comes to', () => {
  it('is the sum of what its steps say, in real time', () => {
    const { devices, sessions, realMs, phases } = forecast(samplePlan);
    expect(devices).toBe(10);
    expect(phases.map(({ name, realMs: ms }) => [name, ms])).toEqual([
      ['enroll', 2000],
      ['day', 60_000],
    ]);
    expect(realMs).toBe(62_000);
    expect(phases[1]?.steps.map((step) => [step.name, step.sessions])).toEqual([
      ['check-in', 30],
      ['switch', 10],
    ]);
    expect(sessions).toBe(10 + 30 + 10);
    expect(phases[1]?.peakPerSecond).toBeCloseTo(0.5 + 10);
  });

  it('has Android devices check in each hour, where devices do as their platform does', () => {
    const [day] = samplePlan.phases.slice(1);
    const pace = { kind: 'schedule', jitter: 0, forMs: 24 * 3_600_000 } as const;
    const sessionsOf = (platforms?: readonly ['ios'] | readonly ['android']) => {
      const step = {
        kind: 'check-in',
        name: 'c',
        atMs: 0,
        pace,
        expect: [],
        ...(platforms && { of: { platforms } }),
      } as const;
      return forecast(larger(10, { phases: [{ name: 'd', scale: 1440, faults: [], ...day, steps: [step] }] })).sessions;
    };
    expect([sessionsOf(['ios']), sessionsOf(['android']), sessionsOf()]).toEqual([30, 240, 270]);
  });

  it('is busiest when most goes on at the same time, not what it does in all', () => {
    const steps = [0, 20_000_000, 40_000_000].map((atMs) => ({ name: `at ${atMs}`, kind: 'herd' as const, atMs }));
    const [, day] = samplePlan.phases;
    if (day === undefined) throw new Error('no day');
    const peakOf = (all: typeof steps) =>
      forecast({ ...samplePlan, phases: [{ ...day, steps: all }] }).phases[0]?.peakPerSecond;
    expect(peakOf(steps)).toBe(10);
    expect(peakOf(steps.map((step) => ({ ...step, atMs: 20_000_000 })))).toBe(30);
  });

  it('costs what the platforms of its mix cost; over kept connections a check-in costs less', () => {
    const cost = (plan: typeof samplePlan) => forecast(plan).phases[1]?.peakSignatures.engine ?? 0;
    const peak = forecast(larger(50)).phases[1]?.peakPerSecond ?? 0;
    expect(cost(larger(50))).toBeCloseTo(peak * 12);
    expect(cost(larger(50, { connections: 'shared' }))).toBeCloseTo(peak * keptCheckIn);
  });
});

describe('whether a machine can do it', () => {
  const statesOf = (plan: typeof samplePlan, has: Machine, isEmbedded = false, processes = 2) =>
    cpuChecks(forecast(plan), has, needOf(plan, isEmbedded, processes)).map(({ state }) => state);

  it('is a matter of signatures in the busiest second, of the cores, and of an authority beside', () => {
    expect(statesOf(samplePlan, machine)).toEqual(['ok', 'ok']);
    expect(statesOf(larger(500), machine)).toEqual(['short', 'short']);
    expect(statesOf(larger(60), machine)).toEqual(['short', 'tight']);
    expect(statesOf(larger(60), machine, true)).toContain('short');
    expect(statesOf(larger(60), { ...machine, cores: 8 }, true, 8)).toEqual(['ok', 'ok']);
  });

  it('is tight where engines and an authority together leave little', () => {
    const [phase] = forecast(samplePlan).phases;
    if (phase === undefined) throw new Error('no phase');
    const coming = {
      devices: 1,
      sessions: 1,
      realMs: 1,
      phases: [{ ...phase, peakSignatures: { engine: 800, authority: 1000 } }],
    };
    const states = (isEmbedded: boolean) =>
      cpuChecks(coming, machine, needOf(samplePlan, isEmbedded, 2)).map(({ state }) => state);
    expect(states(false)).toEqual(['ok']);
    expect(states(true)).toEqual(['tight']);
  });

  it('is a matter of memory, descriptors and ports', () => {
    const states = (devices: number, has = machine) =>
      Object.fromEntries(
        resourceChecks(has, { devices, android: devices, concurrency: 100, processes: 2, isEmbedded: true }).map(
          ({ name, state }) => [name, state],
        ),
      );
    expect(states(100)).toEqual({ memory: 'ok', descriptors: 'ok', ports: 'ok' });
    expect(states(500)).toEqual({ memory: 'ok', descriptors: 'tight', ports: 'ok' });
    expect(states(1000)).toEqual({ memory: 'ok', descriptors: 'short', ports: 'ok' });
    expect(states(30_000)).toEqual({ memory: 'ok', descriptors: 'short', ports: 'tight' });
    expect(states(1_000_000)['memory']).toBe('short');
    const { descriptors: _, ports: __, ...silent } = machine;
    expect(Object.keys(states(100, silent))).toEqual(['memory']);
  });

  it('is a matter of what else it does', () => {
    const bad = (change: Partial<Machine>) =>
      healthChecks({ ...machine, ...change }).flatMap(({ name, state }) =>
        state === 'ok' ? [] : [`${name} ${state}`],
      );
    expect(bad({})).toEqual([]);
    expect(bad({ loopP99Ms: 8 })).toEqual(['event loop tight']);
    expect(bad({ loopP99Ms: 30, load: 1.5 })).toEqual(['event loop tight', 'load tight']);
    expect(bad({ clockStepMs: 80, cores: 1 })).toEqual(['cores tight', 'clock tight']);
    expect(bad({ diskBytes: 1e6 })).toEqual(['disk short']);
  });

  it('knows what a container leaves of the memory', () => {
    const files: Record<string, string> = {
      '/proc/meminfo': 'MemTotal: 8000000 kB\nMemAvailable:    4000000 kB\n',
      '/sys/fs/cgroup/memory.max': '1000000\n',
      '/sys/fs/cgroup/memory.current': '400000\n',
    };
    expect(availableMemory((path) => files[path])).toBe(600_000);
    expect(availableMemory((path) => (path.startsWith('/proc') ? files[path] : 'max\n'))).toBe(4_096_000_000);
  });

  it('is measured without sending anything', async () => {
    const clock = manualClock();
    const measured = measureMachine(clock);
    for (let at = 0; at < 5; at++) await clock.advance(1000);
    const found = await measured;
    expect(found.signatures).toBeGreaterThan(50);
    expect(found.cores).toBeGreaterThan(0);
    expect(found.memoryBytes).toBeGreaterThan(1e6);
  });
});

describe('fleet plan', () => {
  it('says what will happen, and what this machine can do of it', async () => {
    const output = pipe();
    const plan = larger(500);
    expect(await showForecast(plan, { json: false, isEmbedded: true }, output, Promise.resolve(machine))).toBe(0);
    expect(output.text).toContain('a day: 500 ios, 500 android, seed "x", starts under office365');
    expect(output.text).toContain('at most 64 sessions at a time, 4 shared keys, a connection for each session');
    expect(output.text).toContain('day, 1440 times as fast, 1 min 0 s by its schedule');
    expect(output.text).toMatch(/^ {2}switch +1000 +1000 /m);
    expect(output.text).toMatch(
      /SHORT {2}CPU, day: 1050 a second need 12\.\d+ of 2 cores and 8\.\d+ for the authority/,
    );
    expect(output.text).toContain('must hold: check-in.p99 < 800ms');
    expect(output.text).not.toContain('it can do that');
    const small = pipe();
    await showForecast(samplePlan, { json: false, isEmbedded: true }, small, Promise.resolve(machine));
    expect(small.text).toContain('it can do that');
  });

  it('as JSON has the plan, the forecast, the machine and the checks', async () => {
    const output = pipe();
    await showForecast(samplePlan, { json: true, isEmbedded: false, processes: 2 }, output, Promise.resolve(machine));
    const { forecast: coming, machine: has, checks, processes, ...plan } = JSON.parse(output.text);
    expect(plan).toEqual(samplePlan);
    expect(coming.sessions).toBe(50);
    expect(has).toEqual(machine);
    expect(processes).toBe(2);
    expect(checks[0]).toMatchObject({ name: 'CPU, enroll', state: 'ok' });
  });
});

describe('fleet doctor', () => {
  it('says what is short and what to do, and exits with 5 then', async () => {
    const output = pipe();
    expect(await showDoctor({ devices: 100, json: false }, output, Promise.resolve(machine))).toBe(0);
    expect(output.text).toMatch(/\nfit\n$/);
    const short = pipe();
    expect(await showDoctor({ devices: 5000, json: false }, short, Promise.resolve(machine))).toBe(5);
    expect(short.text).toMatch(/SHORT {2}descriptors: needs \d+ of 1024\n {9}Raise the limit: ulimit -n \d+\n/);
    const json = pipe();
    expect(await showDoctor({ devices: 5000, json: true }, json, Promise.resolve(machine))).toBe(5);
    expect(JSON.parse(json.text).checks.find(({ name }: { name: string }) => name === 'descriptors').state).toBe(
      'short',
    );
  });
});
