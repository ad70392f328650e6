import { describe, expect, it } from 'vitest';
import { openEnginePorts } from '../../../fleet/engine/engine-ports.js';
import type { EngineTarget, ShardJob } from '../../../fleet/engine/messages.js';
import { deviceKeys } from '../../support/keys.js';
import { openTarget } from '../stub.js';
import { atOnce, jobOf, Led, planOf } from './coordinating.js';

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
