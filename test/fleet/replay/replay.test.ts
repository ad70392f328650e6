import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { DeviceEvent } from '../../../agent/index.js';
import { realClock } from '../../../base/clock.js';
import { silentLog } from '../../../base/log.js';
import { leadRun } from '../../../fleet/coordinator/lead.js';
import type { DeviceFailure } from '../../../fleet/engine/messages.js';
import type { Target } from '../../../fleet/engine/target.js';
import { replayPlan } from '../../../fleet/replay/plan.js';
import { type RecordedRun, readRecorded } from '../../../fleet/replay/recorded.js';
import { type Replayed, type ReplayedStep, replayDevice } from '../../../fleet/replay/run.js';
import { compared } from '../../../fleet/replay/verdict.js';
import { prepareArtefacts } from '../../../fleet/report/artefacts.js';
import { readScenario } from '../../../fleet/scenario/read.js';
import { defaultTenant } from '../../../server-stub/default-tenant.js';
import { type RunningAuthority, startAuthority } from '../../../server-stub/index.js';
import { authorityKeys, deviceKeys } from '../../support/keys.js';

const scenario = `
name: recorded
seed: desk
authority: office365
devices: { ios: 4, users: { devicesEach: 2 }, keys: { pool: 2 } }
phases:
  - enroll: {}
  - check-in: { expect: [email], faults: [{ share: 25%, signature: wrong }] }
  - leave: {}
`;

let out: string;
let target: Target;
let failed: DeviceFailure;

beforeAll(async () => {
  out = mkdtempSync(join(tmpdir(), 'rollcall-replay-'));
  const authority: RunningAuthority = await startAuthority({
    tenant: defaultTenant({ authority: 'office365', users: 4 }),
    newRsaKey: authorityKeys(),
  });
  const { url, pushUrl, caPem: ca, adminTokens } = authority;
  const rest = { places: [url], invitations: {}, secrets: {}, hasClock: false, isEmbedded: false };
  target = { url, pushUrl, ca, adminToken: adminTokens.administrator, ...rest, close: async () => undefined };
  const artefacts = prepareArtefacts({ out, clock: realClock });
  const summary = await leadRun({
    plan: readScenario(scenario),
    scenario,
    openTarget: async () => target,
    signal: new AbortController().signal,
    log: silentLog,
    keysFolder: deviceKeys(2).folder,
    onEvent: artefacts.hear,
  });
  await artefacts.finish(summary);
  const [first] = summary.failedDevices;
  if (first === undefined || summary.failedDevices.length > 1) throw new Error('one device was to fail');
  failed = first;
  return async () => {
    await authority.close();
    rmSync(out, { recursive: true, force: true });
  };
});

async function repeated(run: RecordedRun, index: number) {
  const told: DeviceEvent[] = [];
  const steps: (readonly [string, ReplayedStep['outcome'], string])[] = [];
  const replayed: Replayed = await replayDevice({
    plan: replayPlan(run.plan, { until: run.failure?.step, movesClock: false }),
    index,
    target,
    lenient: [],
    signal: new AbortController().signal,
    log: silentLog,
    onStep: ({ name, outcome }, event) => steps.push([name, outcome, event]),
    onDevice: (event) => told.push(event),
    onNote: () => undefined,
  });
  return { ...replayed, told, course: steps };
}

describe('a device of a run, repeated', () => {
  it('has the same identity and fault, and fails in the same step with the same code', async () => {
    const run = await readRecorded({ run: out, index: failed.index });
    expect(run.failure).toEqual(failed);
    const { failure, state, steps, course, told } = await repeated(run, failed.index);
    expect(failure).toMatchObject({ index: failed.index, id: failed.id, step: 'check-in', code: failed.code });
    expect(compared(run.failure, failure)).toMatchObject({ isSame: true });
    expect(state?.facts.id).toBe(failed.id);
    expect(steps.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['enroll', 'passed'],
      ['check-in', 'failed'],
    ]);
    expect(course.map(([name, , event]) => `${name} ${event}`)).toContain('enroll ended');
    expect(told.map(({ type }) => type)).toEqual(expect.arrayContaining(['enrolled', 'failed']));
  });

  it('that did not fail goes through all its steps, and is then what it had become', async () => {
    const index = failed.index === 0 ? 1 : 0;
    const run = await readRecorded({ run: out, index });
    expect(run).not.toHaveProperty('failure');
    const { failure, state, steps } = await repeated(run, index);
    expect(failure).toBeUndefined();
    expect(steps.map(({ outcome }) => outcome)).toEqual(['passed', 'passed', 'passed']);
    expect(state?.lifecycle).toBe('unenrolled');
  });

  it('is found by the log, by the summary beside it, and by a summary alone', async () => {
    const { index } = failed;
    const byLog = await readRecorded({ run: join(out, 'run.ndjson.gz'), index });
    const bySummary = await readRecorded({ run: join(out, 'summary.json'), index });
    expect(bySummary).toEqual(byLog);
    const alone = mkdtempSync(join(tmpdir(), 'rollcall-replay-'));
    onTestFinished(() => rmSync(alone, { recursive: true, force: true }));
    const { copyFileSync } = await import('node:fs');
    copyFileSync(join(out, 'summary.json'), join(alone, 'result.json'));
    const read = await readRecorded({ run: join(alone, 'result.json'), index });
    expect(read.failure).toEqual(byLog.failure);
    expect(read.plan).toEqual(byLog.plan);
    expect(read.target).toEqual(byLog.target);
  });

  it('must be one of the run: who failed is named', async () => {
    await expect(readRecorded({ run: out, index: 4 })).rejects.toMatchObject({
      code: 'USAGE',
      hint: `It had devices 0 to 3; ${failed.index} failed.`,
    });
  });
});
