import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openEnginePorts } from '../../../fleet/engine/engine-ports.js';
import type { FleetPlan } from '../../../fleet/scenario/model.js';
import { deviceKeys } from '../../support/keys.js';
import { atOnce, jobOf, Led, planOf } from '../engine/coordinating.js';
import { openTarget } from '../stub.js';

it('a run goes on with the devices of the one before: they are enrolled, check in, and nobody enrolls twice', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-fleet-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { authority, target } = await openTarget();
  const { url, pushUrl, ca } = target;
  const { folder: keysFolder } = deviceKeys(2);
  const where = {
    url,
    ...(pushUrl === undefined ? {} : { pushUrl }),
    ...(ca === undefined ? {} : { ca }),
    hasClock: true,
    isEmbedded: true,
    invitations: {},
  };
  const run = async (plan: FleetPlan, generation: number): Promise<Led> => {
    const led = new Led({ openPorts: openEnginePorts });
    const kept = { stateFolder: folder, generation, ...(keysFolder === undefined ? {} : { keysFolder }) };
    led.tell({ type: 'job', job: jobOf(plan, where, kept) });
    await led.hears('ready');
    for (const phase of plan.phases.keys()) {
      led.begin(phase, Date.now());
      await led.hears('phase-done', (each) => each.phase === phase);
    }
    led.tell({ type: 'finish' });
    await led.over;
    return led;
  };
  const enroll = { kind: 'enroll', name: 'enroll', atMs: 0, pace: atOnce } as const;
  const receive = { kind: 'check-in', name: 'receive', atMs: 0, pace: atOnce, expect: ['email'] } as const;
  await run(planOf({ steps: [enroll] }), 1);
  const devices = authority.tenant.devices().map(({ deviceId }) => deviceId);
  const next = await run(planOf({ steps: [enroll, receive] }), 2);
  expect((await next.hears('ready')).enrolled).toBe(4);
  expect(['kept', 'planned', 'passed'].map((each) => next.of('enroll').counter(each))).toEqual([4, 0, 0]);
  expect(['planned', 'passed'].map((each) => next.of('receive').counter(each))).toEqual([4, 4]);
  expect(authority.tenant.devices().map(({ deviceId }) => deviceId)).toEqual(devices);
});
