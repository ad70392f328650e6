import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { emulated } from '../../agent/index.js';
import { RollcallError } from '../../base/errors.js';
import { deviceTotal, readDeviceCounts, readFleetPlan } from '../../fleet/scenario/plan.js';
import { smokePlan } from '../../fleet/smoke.js';

const scenarios = resolve(dirname(fileURLToPath(import.meta.url)), '../../scenarios');

function problemsOf(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
    expect(error.code).toBe('SCENARIO_INVALID');
    return error.details['problems'] as string[];
  }
  throw new Error('it was accepted');
}

const small = (rest: string) => `
name: small
devices: { ios: 3 }
${rest}`;

describe('a scenario', () => {
  it('is read with its defaults, and no failures allowed where it says nothing of them', () => {
    const plan = readFleetPlan(small('steps: [{ enroll: { over: 2s } }, { check-in: {} }, { leave: null }]'));
    expect(plan).toMatchObject({ seed: 'rollcall', authority: 'intune', keys: { pool: 64 }, concurrency: 64 });
    expect(plan.steps).toEqual([
      { kind: 'enroll', name: 'enroll', overMs: 2000 },
      { kind: 'check-in', name: 'check-in', overMs: 0, expect: [] },
      { kind: 'leave', name: 'leave', overMs: 0 },
    ]);
    expect(plan.thresholds.map(({ text }) => text)).toEqual([
      'enroll.failures == 0',
      'check-in.failures == 0',
      'leave.failures == 0',
    ]);
  });

  it('bounds failures as it says, instead of the default', () => {
    const plan = readFleetPlan(
      small('steps: [{ enroll: {} }]\nthresholds: ["enroll.failures <= 2", "enroll.p99 < 2s"]'),
    );
    expect(plan.thresholds.map(({ text, bound }) => [text, bound])).toEqual([
      ['enroll.failures <= 2', 2],
      ['enroll.p99 < 2s', 2000],
    ]);
  });

  it('gives every step a name of its own', () => {
    const plan = readFleetPlan(
      small('steps: [{ enroll: {} }, { check-in: {} }, { check-in: {} }, { check-in: { name: last } }]'),
    );
    expect(plan.steps.map(({ name }) => name)).toEqual(['enroll', 'check-in', 'check-in (2)', 'last']);
  });

  it('tells all its mistakes at once, each with its place', () => {
    const problems = problemsOf(() =>
      readFleetPlan(`
name: x
devices: { ios: 2, linux: 4 }
bogus: 1
concurrency: 0
steps:
  - enrol: {}
  - check-in: { over: fast, expect: [mail] }
  - switch: { to: unknown }
thresholds: [ "enroll.p98 < 1s", "x", "enroll.p99 < soon" ]
`),
    );
    expect(problems).toEqual([
      expect.stringMatching(/^devices: .*linux/),
      expect.stringMatching(/^concurrency: /),
      expect.stringMatching(/^steps\.0: a step is one of enroll, check-in, use, switch, clock, leave/),
      'steps.1.check-in.over: "fast" is no duration; write 250ms, 10s, 5m, 8h or 7d',
      expect.stringMatching(/^steps\.1\.check-in\.expect\.0: .*"email"/),
      expect.stringMatching(/^steps\.2\.switch\.to: .*"intune"\|"sccm"\|"office365"/),
      expect.stringMatching(/^scenario: .*bogus/),
      expect.stringMatching(/^thresholds\.0: .*the measure is one of/),
      expect.stringMatching(/^thresholds\.1: .*STEP\.MEASURE/),
      expect.stringMatching(/^thresholds\.2: .*"soon" is no duration/),
    ]);
  });

  it('needs devices, an enrollment first, and thresholds of steps that exist', () => {
    const problems = problemsOf(() =>
      readFleetPlan('name: x\ndevices: { android: 0 }\nsteps: [{ leave: {} }]\nthresholds: ["nope.p99 < 3s"]'),
    );
    expect(problems).toEqual([
      'devices: no device at all',
      'steps.0: no device is enrolled yet: the first step must be enroll',
      'thresholds.0: "nope.p99 < 3s" names no step; there are "leave"',
    ]);
    expect(problemsOf(() => readFleetPlan('name: x\ndevices: { ios: 0 }\nsteps: [{ enroll: {} }]'))).toEqual([
      'devices: no device at all',
    ]);
  });

  it.each([
    ['nothing', ''],
    ['a list', '- a'],
    ['broken YAML', 'a: [b'],
    ['the same key twice', 'name: a\nname: b'],
    ['an alias that grows', `a: &a [x]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c]`],
  ])('that is %s is refused', (_, text) => {
    expect(problemsOf(() => readFleetPlan(text)).length).toBeGreaterThan(0);
  });

  it('is frozen all through', () => {
    const plan = readFleetPlan(small('steps: [{ enroll: {} }]'));
    for (const part of [plan, plan.steps, plan.steps[0], plan.devices, plan.thresholds])
      expect(part).toSatisfy(Object.isFrozen);
  });

  it.each(['herd.yaml', 'switch.yaml'])('%s is ready to run and explains itself in its header', (file) => {
    const text = readFileSync(join(scenarios, file), 'utf8');
    expect(readFleetPlan(text).name).toBe(file.replace('.yaml', ''));
    expect(text).toMatch(
      new RegExp(`^# [\\s\\S]*fleet run scenarios/${file}[\\s\\S]*# What it shows[\\s\\S]*# How to read it`),
    );
  });

  it('of the smoke run has devices of each platform asked for', () => {
    expect(smokePlan(['ios']).devices).toEqual({ ios: 6 });
    expect(smokePlan(emulated).devices).toEqual({ ios: 6, windows: 6, android: 6 });
  });

  it('of the smoke run checks what can be checked where it runs, and names the rest', () => {
    const at = (place: 'embedded' | 'stub' | 'other') => {
      const { steps, omitted = [] } = smokePlan(['ios'], place);
      return [steps.some(({ kind }) => kind === 'clock'), omitted.map(({ name }) => name)];
    };
    expect(at('embedded')).toEqual([true, []]);
    expect(at('stub')).toEqual([false, ['A9']]);
    expect(at('other')).toEqual([false, ['A6 and A8', 'A9']]);
  });

  it('may let time pass, switch while devices are away, and demand that the gate refuses', () => {
    const { steps } = readFleetPlan(`
name: away
devices: { ios: 1 }
steps: [{ enroll: {} }, { switch: { to: office365, absent: true } }, { clock: { advance: 7d } }, { use: { kinds: [wifi], of: intune, refused: true } }, { check-in: { managed-by: office365, stale: 2 } }]
`);
    expect(steps.slice(1)).toEqual([
      { kind: 'switch', name: 'switch', to: 'office365', withinMs: 30_000, isAbsent: true },
      { kind: 'clock', name: 'clock', advanceMs: 7 * 86_400_000 },
      { kind: 'use', name: 'use', overMs: 0, kinds: ['wifi'], of: 'intune', isRefused: true },
      { kind: 'check-in', name: 'check-in', overMs: 0, expect: [], managedBy: 'office365', stale: 2 },
    ]);
  });
});

describe('device counts', () => {
  it('add up, and leave out who has none', () => {
    const counts = readDeviceCounts('ios:300, ios:20,windows:0');
    expect(counts).toEqual({ ios: 320 });
    expect(deviceTotal({ devices: counts })).toBe(320);
  });

  it.each(['', 'ios', 'ios:', 'ios:x', 'ios:-1', 'ios:1.5', 'linux:3', 'ios:3:4', 'ios:0', 'ios:9999999', 'android:0'])(
    'refuses "%s"',
    (text) => {
      expect(problemsOf(() => readDeviceCounts(text)).length).toBeGreaterThan(0);
    },
  );
});
