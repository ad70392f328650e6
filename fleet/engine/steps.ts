import { type Device, numberOf } from '../../agent/index.js';
import { fleetError } from '../errors.js';
import { type StepFigures, StepRecorder } from '../metrics/figures.js';
import type { Step } from '../scenario/plan.js';
import { countFailure, type StepContext } from './context.js';
import { paced } from './pace.js';
import { switchAuthority } from './switch.js';

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
    if (step.kind === 'switch') await switchAuthority(step, recorder, context);
    else await each(step, recorder, context, action(step, context));
  } catch (problem) {
    return { figures: recorder.figures(elapsed() - began), problem };
  }
  return { figures: recorder.figures(elapsed() - began) };
}

/** What devices do one by one, each at its own time. */
type SpreadStep = Exclude<Step, { kind: 'switch' }>;
type Action = (device: Device, index: number) => Promise<void>;

function action(step: SpreadStep, { invitation, signal }: StepContext): Action {
  switch (step.kind) {
    case 'enroll':
      return (device, index) => device.enroll(invitation(index, device.state.facts), signal);
    case 'check-in':
      return async (device) => {
        await device.checkIn(signal, 'scheduled');
        assertHolds(device, step.expect);
      };
    case 'use':
      return async (device) => {
        for (const kind of step.kinds) await device.useResource(kind, undefined, signal);
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

function assertHolds(device: Device, kinds: readonly string[]): void {
  const held = new Set<string>(device.state.holdings.map((holding) => holding.profile.kind));
  const lacking = kinds.filter((kind) => !held.has(kind));
  if (lacking.length > 0)
    throw fleetError(
      'PROFILE_MISSING',
      `${numberOf(device.state) ?? device.state.facts.id} holds no ${lacking.join(', ')} profile`,
    );
}
