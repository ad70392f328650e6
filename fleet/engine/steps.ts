import type { Device } from '../../agent/index.js';
import type { Authority } from '../../protocol/vocabulary.js';
import { fleetError } from '../errors.js';
import { type StepFigures, StepRecorder } from '../metrics/figures.js';
import type { Step } from '../scenario/plan.js';
import type { AuthorityClient } from './authority-client.js';
import { countFailure, type StepContext } from './context.js';
import { paced } from './pace.js';
import { switchAuthority } from './switch.js';
import { assertHolds, assertMoved, refused, usedBy } from './verdicts.js';

export interface StepOutcome {
  readonly figures: StepFigures;
  /** Why the step could not be carried out as a whole, apart from devices that failed: the run ends with it. */
  readonly problem?: unknown;
}

/** Runs one step over every device. A device's failure is counted, never thrown. */
export async function runStep(step: Step, context: StepContext): Promise<StepOutcome> {
  const { elapsed, population } = context;
  const began = elapsed();
  const recorder = new StepRecorder(step.name, population.size);
  try {
    if (step.kind === 'clock') await atOnce(recorder, context, (admin) => admin.advanceClock(step.advanceMs));
    else if (step.kind === 'switch' && step.isAbsent)
      await atOnce(recorder, context, (admin) => change(admin, step.to));
    else if (step.kind === 'switch') await switchAuthority(step, recorder, context);
    else await each(step, recorder, context, action(step, context));
  } catch (problem) {
    return { figures: recorder.figures(elapsed() - began), problem };
  }
  return { figures: recorder.figures(elapsed() - began) };
}

/** What devices do one by one, each at its own time. */
type SpreadStep = Exclude<Step, { kind: 'switch' | 'clock' }>;
type Action = (device: Device, index: number) => Promise<void>;

function action(step: SpreadStep, { invitation, signal }: StepContext): Action {
  switch (step.kind) {
    case 'enroll':
      return (device, index) => device.enroll(invitation(index, device.state.facts), signal);
    case 'check-in':
      return async (device) => {
        await device.checkIn(signal, 'scheduled');
        assertHolds(device.state, step.expect);
        if (step.managedBy !== undefined) assertMoved(device.state, step.managedBy, step.stale ?? 0);
      };
    case 'use':
      return async (device) => {
        for (const { kind, name } of usedBy(device.state, step)) {
          const use = device.useResource(kind, name, signal);
          await (step.isRefused === true ? refused(use, name ?? kind) : use);
        }
      };
    case 'leave':
      return (device) => device.leave(signal);
  }
}

async function each(step: SpreadStep, recorder: StepRecorder, context: StepContext, act: Action): Promise<void> {
  const { clock, elapsed, signal, population, plan } = context;
  const total = population.size;
  await paced(
    { clock, elapsed, signal, count: total, overMs: step.overMs, concurrency: plan.concurrency },
    async (index, dueAt) => {
      await attempt(index, dueAt, recorder, context, act);
      context.progress(recorder.tally);
    },
  );
}

async function attempt(
  index: number,
  dueAt: number,
  recorder: StepRecorder,
  context: StepContext,
  act: Action,
): Promise<void> {
  const { elapsed, population } = context;
  if (population.hasFailed(index)) return recorder.skip();
  const startedAt = elapsed();
  recorder.startedLateBy(startedAt - dueAt);
  try {
    await population.turn(index, (device) => act(device, index));
    const endedAt = elapsed();
    recorder.succeed(endedAt - dueAt, endedAt - startedAt);
  } catch (error) {
    countFailure(index, error, recorder, context);
  }
}

/** What is done at the authority for all devices at once; it is counted for each. Throws what the admin API throws. */
async function atOnce(
  recorder: StepRecorder,
  { admin, elapsed, population, progress }: StepContext,
  act: (admin: AuthorityClient) => Promise<void>,
): Promise<void> {
  if (admin === undefined)
    throw fleetError('RUN_NOT_STARTED', `step "${recorder.name}" needs the authority's admin API`);
  const began = elapsed();
  await act(admin);
  const tookMs = elapsed() - began;
  for (let index = 0; index < population.size; index++) {
    if (population.hasFailed(index)) recorder.skip();
    else recorder.succeed(tookMs, tookMs);
  }
  progress(recorder.tally);
}

/** With a renewed push certificate (A11). */
async function change(admin: AuthorityClient, to: Authority): Promise<void> {
  await admin.setAuthority(to);
  await admin.renewPushCertificate();
}
