import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DeviceFailure } from '../../../fleet/engine/messages.js';
import { replayPlan } from '../../../fleet/replay/plan.js';
import { readPlace, readRecorded } from '../../../fleet/replay/recorded.js';
import { compared } from '../../../fleet/replay/verdict.js';
import { missingOf, targetOf, usersIn } from '../../../fleet/replay/where.js';
import { readScenario } from '../../../fleet/scenario/read.js';
import { begun } from '../sample-run.js';

const scenario = (phases: string, rest = '') =>
  readScenario(`name: t\nauthority: office365\ndevices: { ios: 4 }\n${rest}\nphases: ${phases}`);
const day = `[{ enroll: { over: 10m } }, { wait: 1h }, { day: { clock: 3600, for: 8h, faults: [{ share: 50%, message: malformed }], do: [
  { switch: { at: 2h, to: intune, offline: 50%, for: 3h } }, { check-in: { every: 30m } }, { use: { at: 6h, every: 1h, for: 1h, kinds: [email], thinkTime: 5m } } ] } }, { leave: {} }]`;

describe('the plan of one device', () => {
  it('has each step as a phase of its own, in their order, at once, on the clock and with the faults of its phase', () => {
    const plan = scenario(day);
    const made = replayPlan(plan, { movesClock: false });
    expect(made.phases.map(({ name, scale, steps }) => [name, scale, steps.map((each) => each.name)])).toEqual([
      ['enroll', 1, ['enroll']],
      ['day', 3600, ['check-in']],
      ['day', 3600, ['switch']],
      ['day', 3600, ['use']],
      ['leave', 1, ['leave']],
    ]);
    const [enroll, checkIn, moved, use] = made.phases.map(({ steps: [step] }) => step);
    const atOnce = { kind: 'open', arrivals: { shape: 'burst' } };
    expect([enroll, checkIn, use].map((step) => step && 'pace' in step && step.pace)).toEqual([atOnce, atOnce, atOnce]);
    expect(use).not.toHaveProperty('thinkTime');
    expect(made.phases[1]?.faults).toEqual(plan.phases[2]?.faults);
    expect(made.phases[0]?.faults).toEqual([]);
    expect(made.phases.every((phase) => phase.forMs === undefined)).toBe(true);
    expect(moved).toMatchObject({ atMs: 0, withinMs: 6 * 3_600_000, offline: { share: 0.5, forMs: 2000 * 3600 } });
    expect(made).toMatchObject({ seed: plan.seed, groups: plan.groups, concurrency: 1, thresholds: [], abortOn: [] });
  });

  it('lets the time between steps pass at once, where the clock can be moved', () => {
    const { phases } = replayPlan(scenario(day), { movesClock: true });
    const moves = phases.map(({ steps: [step] }) => (step?.kind === 'clock' ? step.advanceMs / 60_000 : step?.name));
    expect(moves).toEqual(['enroll', 60, 'check-in', 120, 'switch', 240, 'use', 120, 'leave']);
    expect(new Set(phases.flatMap(({ steps }) => steps.map(({ name }) => name))).size).toBe(phases.length);
  });

  it('ends with the step in which the device failed', () => {
    const { phases } = replayPlan(scenario(day), { until: 'switch', movesClock: false });
    expect(phases.map(({ steps }) => steps[0]?.name)).toEqual(['enroll', 'check-in', 'switch']);
  });

  it('waits for a wake-up a minute at most, and half of one where nobody said how long', () => {
    const of = (phases: string) => replayPlan(scenario(phases), { movesClock: false }).phases.at(-1)?.steps[0];
    expect(of('[{ enroll: {} }, { herd: { within: 2h } }]')).toMatchObject({ withinMs: 60_000 });
    expect(of('[{ enroll: {} }, { herd: {} }]')).toMatchObject({ withinMs: 30_000 });
  });

  it('enrolls the device first, where the run went on with a kept fleet', () => {
    const { phases } = replayPlan(scenario('[{ check-in: {} }]'), { movesClock: false });
    expect(phases.map(({ steps }) => steps[0]?.kind)).toEqual(['enroll', 'check-in']);
  });
});

describe('RUN:INDEX', () => {
  it.each([
    ['out/run:17', 'out/run', 17],
    ['C:\\out\\run:0', 'C:\\out\\run', 0],
    ['a:b/summary.json:3', 'a:b/summary.json', 3],
  ])('%s', (text, run, index) => expect(readPlace(text)).toEqual({ run, index }));

  it.each(['out/run', 'out/run:', ':3', 'out/run:-1', 'out/run:x', 'out/run:123456789'])('is not %s', (text) =>
    expect(() => readPlace(text)).toThrow(expect.objectContaining({ code: 'USAGE' })),
  );
});

const failure = (step: string, code: string): DeviceFailure => ({
  ...{ index: 1, platform: 'ios', id: 'x', step, code, message: 'm', atMs: 1, scenarioMs: 1 },
});

describe('what it came to', () => {
  it.each([
    [undefined, undefined, true, 'as in the run: it went through all its steps'],
    [failure('a', 'X'), failure('a', 'X'), true, 'the same as in the run: a failed with X'],
    [failure('a', 'X'), failure('a', 'Y'), false, 'otherwise than in the run: here a failed with Y, there a with X'],
    [failure('b', 'X'), failure('a', 'X'), false, 'otherwise than in the run: here a failed with X, there b with X'],
    [failure('a', 'X'), undefined, false, 'otherwise than in the run: a passed here'],
    [undefined, failure('a', 'X'), false, 'otherwise than in the run, in which it did not fail'],
  ])('%#', (recorded, here, isSame, text) => expect(compared(recorded, here)).toMatchObject({ isSame, text }));
});

describe('where it is repeated', () => {
  const plan = scenario('[{ enroll: {} }]');
  const at = (target: Parameters<typeof missingOf>[1]['target'], options: Parameters<typeof targetOf>[0] = {}) =>
    targetOf(options, { target }, plan, 'ios', [], new AbortController().signal);
  const url = 'https://mdm.example';

  it('is the authority of the run, or the one that is named', async () => {
    expect((await at({ url, isEmbedded: false })).url).toBe(url);
    const named = await at({ url, isEmbedded: true }, { server: 'https://other.example/enroll?for={index}' });
    expect(named.places).toEqual(['https://other.example']);
    expect(named.invitations.ios?.url).toBe('https://other.example/enroll?for={index}');
  });

  it('has to be said again where devices enroll in a way of their own', async () => {
    const target = { url, isEmbedded: false, given: ['--profile', '--ca'] };
    await expect(at(target)).rejects.toMatchObject({ code: 'USAGE', message: expect.stringContaining('--profile') });
    expect((await at(target, { profile: `${url}/{serial}` })).invitations.ios?.url).toBe(`${url}/{serial}`);
  });

  it('needs what the run was told of it and no log holds: that is named', () => {
    const target = { url, isEmbedded: false, given: ['--profile', '--ca', '--token', 'ROLLCALL_PASSWORD'] };
    expect(missingOf({ ca: 'x', 'allow-http': false }, { target })).toEqual(['--token', 'ROLLCALL_PASSWORD']);
    expect(missingOf({}, { target: { url, isEmbedded: false } })).toEqual([]);
  });

  it('is a stub of its own after a run that had one, of which options say nothing', async () => {
    await expect(at({ url, isEmbedded: true }, { token: 't' })).rejects.toMatchObject({
      message: expect.stringMatching(/^--token says nothing without --server/),
    });
  });

  it('reads the people of the run from their file again, for no log holds their secrets', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-users-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'people.csv');
    const kept = { ...plan, users: { rows: [], file } };
    expect(() => usersIn(kept, undefined)).toThrow(
      expect.objectContaining({ code: 'FILE_UNUSABLE', hint: expect.stringContaining('--users FILE.csv') }),
    );
    writeFileSync(file, 'user,password\na@b.example,secret\n');
    expect(usersIn(kept, undefined)).toMatchObject({ rows: [{ user: 'a@b.example', password: 'secret' }] });
    expect(usersIn(kept, '3')).toEqual({ count: 3 });
    expect(usersIn(plan, undefined)).toEqual({ devicesEach: 10 });
  });
});

describe('a log', () => {
  it('whose plan holds too little to repeat a device by is refused, naming what', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-replay-log-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const run = join(folder, 'run.ndjson');
    const read = (more: object) => {
      const whole = scenario('[{ enroll: {} }]');
      writeFileSync(run, `${JSON.stringify({ ...begun, plan: { ...whole, ...more } })}\n`);
      return readRecorded({ run, index: 0 });
    };
    expect(await read({})).toMatchObject({ isIn: true });
    const phase = { name: 'p', scale: 1, steps: [{ name: 's', kind: 'enroll', atMs: 0 }] };
    const other = { ...phase, faults: [], steps: [{ name: 's', kind: 'constructor', atMs: 0 }] };
    for (const [more, where] of [
      [{ users: undefined }, 'users'],
      [{ keys: { pool: 0 } }, 'keys'],
      [{ phases: [phase] }, 'phases.0.faults'],
      [{ phases: [other] }, 'phases.0.steps.0.kind'],
    ] as const)
      await expect(read(more)).rejects.toMatchObject({ code: 'LOG_INVALID', message: expect.stringContaining(where) });
  });
});
