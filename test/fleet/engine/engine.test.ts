import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openEnginePorts } from '../../../fleet/engine/engine-ports.js';
import type { EngineTarget, ShardJob } from '../../../fleet/engine/messages.js';
import { deviceKeys } from '../../support/keys.js';
import { openTarget } from '../stub.js';
import { atOnce, jobOf, Led, phaseOf, planOf } from './coordinating.js';

const targetOf = (target: Awaited<ReturnType<typeof openTarget>>['target']): EngineTarget => ({
  url: target.url,
  ...(target.pushUrl === undefined ? {} : { pushUrl: target.pushUrl }),
  ...(target.ca === undefined ? {} : { ca: target.ca }),
  hasClock: true,
  isEmbedded: true,
  invitations: {},
});

const { folder } = deviceKeys(2);
const withKeys = (job: ShardJob): ShardJob => (folder === undefined ? job : { ...job, keysFolder: folder });

describe('an engine', () => {
  it('is ready, takes its devices through one phase after another and tells what came of it', async () => {
    const { authority, target } = await openTarget();
    const plan = planOf({
      steps: [
        { kind: 'enroll', name: 'enroll', atMs: 0, pace: atOnce },
        { kind: 'check-in', name: 'receive', atMs: 0, pace: atOnce, expect: ['email', 'vpn', 'wifi'] },
        { kind: 'leave', name: 'leave', atMs: 0, pace: atOnce },
      ],
    });
    const engine = new Led({ openPorts: openEnginePorts });
    engine.tell({ type: 'job', job: withKeys(jobOf(plan, targetOf(target))) });
    expect(await engine.hears('ready')).toEqual({ type: 'ready', devices: 4, keys: 2, enrolled: 0 });
    for (const phase of [0, 1, 2]) {
      engine.begin(phase, Date.now());
      await engine.hears('phase-done', (each) => each.phase === phase);
      expect(authority.tenant.devices()).toHaveLength(phase === 2 ? 0 : 4);
    }
    engine.tell({ type: 'finish' });
    await engine.over;
    const result = await engine.hears('result');
    expect(result.result).toMatchObject({
      outcome: 'completed',
      devices: { planned: 4, started: 4, enrolled: 4, failed: 0 },
    });
    for (const step of ['enroll', 'receive', 'leave']) {
      expect([step, engine.of(step).counter('planned'), engine.of(step).counter('passed')]).toEqual([step, 4, 4]);
    }
    expect(engine.totals.of({ step: 'enroll', operation: 'TokenUpdate' }).counter('requests')).toBe(4);
  });
});

describe('a day in an engine', () => {
  it('has devices woken by a switch move, those that were away when they are back, and uses counted', async () => {
    const { authority, target } = await openTarget();
    const groups = [
      { name: 'phones', platform: 'ios', count: 4 },
      { name: 'pcs', platform: 'windows', count: 3 },
    ] as const;
    const hour = 3_600_000;
    const plan = planOf({
      groups,
      phases: [
        phaseOf('enroll', [{ kind: 'enroll', name: 'enroll', atMs: 0, pace: atOnce }]),
        phaseOf('receive', [{ kind: 'check-in', name: 'receive', atMs: 0, pace: atOnce, expect: ['email'] }]),
        phaseOf(
          'day',
          [
            {
              kind: 'use',
              name: 'use',
              atMs: 0,
              pace: { kind: 'every', everyMs: hour, jitter: 0.1 },
              kinds: ['email', 'wifi'],
            },
            { kind: 'switch', name: 'switch', atMs: 0, to: 'intune', offline: { share: 0.3, forMs: hour } },
          ],
          { scale: 7200, forMs: 4 * hour },
        ),
      ],
    });
    const engine = new Led({ openPorts: openEnginePorts });
    engine.tell({ type: 'job', job: withKeys(jobOf(plan, { ...targetOf(target), hasClock: false })) });
    await engine.hears('ready');
    for (const phase of [0, 1]) {
      engine.begin(phase, Date.now());
      await engine.hears('phase-done', (each) => each.phase === phase);
    }
    const wallAt = Date.now() + 100;
    engine.begin(2, wallAt, 7200);
    await engine.hears('began', (each) => each.phase === 2);
    const happenedAt = Date.now();
    authority.tenant.setAuthority('intune', 'somebody');
    authority.tenant.renewPushCertificate('somebody');
    engine.tell({ type: 'happened', step: 'switch', wallAt: happenedAt, scenarioAt: 0 });
    await engine.hears('phase-done', (each) => each.phase === 2);
    engine.tell({ type: 'finish' });
    await engine.over;
    const failures = engine.said.flatMap((each) => (each.type === 'failures' ? each.failures : []));
    expect(failures).toEqual([]);
    const moved = engine.of('switch');
    expect([moved.counter('planned'), moved.counter('away'), moved.counter('moved'), moved.counter('passed')]).toEqual([
      7, 2, 7, 7,
    ]);
    expect(authority.tenant.changes().at(-1)).toMatchObject({ moved: 7 });
    const uses = engine.of('use');
    expect(uses.counter('allowed')).toBeGreaterThan(0); // how many is this machine’s to say
    expect(await engine.hears('result')).toMatchObject({ result: { devices: { switched: 7 } } });
  });
});

describe('an engine with a state folder', () => {
  it('goes on with the devices of the run before, which need not enroll', async () => {
    const { authority, target } = await openTarget();
    const plan = planOf({
      steps: [
        { kind: 'enroll', name: 'enroll', atMs: 0, pace: atOnce },
        { kind: 'check-in', name: 'check-in', atMs: 0, pace: atOnce, expect: ['email'] },
      ],
    });
    const stateFolder = mkdtempSync(join(tmpdir(), 'rollcall-engine-'));
    onTestFinished(() => rmSync(stateFolder, { recursive: true, force: true }));
    const lived = async (generation: number) => {
      const engine = new Led({ openPorts: openEnginePorts });
      engine.tell({ type: 'job', job: withKeys(jobOf(plan, targetOf(target), { stateFolder, generation })) });
      const { enrolled } = await engine.hears('ready');
      for (const phase of [0, 1]) {
        engine.begin(phase, Date.now());
        await engine.hears('phase-done', (each) => each.phase === phase);
      }
      engine.tell({ type: 'finish' });
      await engine.over;
      const of = (step: string, counter: 'kept' | 'passed') => engine.of(step).counter(counter);
      return [enrolled, of('enroll', 'kept'), of('enroll', 'passed'), of('check-in', 'passed')];
    };
    expect(await lived(1)).toEqual([0, 0, 4, 4]);
    expect(await lived(2)).toEqual([4, 4, 0, 4]);
    expect(authority.tenant.devices()).toHaveLength(4);
  });
});
