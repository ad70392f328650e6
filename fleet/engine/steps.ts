import type { Clock, Device, Invitation } from '../../agent/index.js';
import { RollcallError } from '../../protocol/errors.js';
import type { PlatformName } from '../../protocol/vocabulary.js';
import { fleetError } from '../errors.js';
import { type StepFigures, StepRecorder } from '../metrics/figures.js';
import type { FleetPlan, Step } from '../scenario/plan.js';
import type { AuthorityClient } from './authority-client.js';
import { paced } from './pace.js';
import type { Population } from './population.js';

/** Everything a step needs; one object for the whole run. */
export interface StepContext {
  readonly plan: FleetPlan;
  readonly population: Population;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly admin: AuthorityClient | undefined;
  /** Calls back with the device's index for each notification that arrives; returns the way to stop. */
  readonly onWake: (listener: (index: number) => void) => () => void;
  readonly invitation: (index: number, platform: PlatformName) => Invitation;
  /** Called whenever a device has finished its part of the step. */
  readonly progress: (step: Step, done: number, failed: number, total: number) => void;
}

/** Runs one step over every device and returns its figures. A device's failure is counted, never thrown. */
export async function runStep(step: Step, context: StepContext): Promise<StepFigures> {
  const { clock } = context;
  const began = clock.now();
  const recorder = new StepRecorder(step.name);
  if (step.kind === 'switch') await switchAuthority(step, recorder, context);
  else await each(step, recorder, context, action(step, context));
  return recorder.figures(clock.now() - began);
}

type Action = (device: Device, index: number) => Promise<void>;

function action(step: Exclude<Step, { kind: 'switch' }>, { invitation, population, signal }: StepContext): Action {
  switch (step.kind) {
    case 'enroll':
      return (device, index) => device.enroll(invitation(index, population.platformOf(index)), signal);
    case 'check-in':
      return async (device) => {
        await device.checkIn(signal);
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

async function each(step: Step, recorder: StepRecorder, context: StepContext, act: Action): Promise<void> {
  const { clock, signal, population, plan } = context;
  const total = population.size;
  await paced(
    { clock, signal, count: total, overMs: step.overMs, concurrency: plan.concurrency },
    async (index, dueAt) => {
      await attempt(index, dueAt, recorder, context, act);
      context.progress(step, recorder.count, recorder.failed, total);
    },
  );
}

async function attempt(
  index: number,
  dueAt: number,
  recorder: StepRecorder,
  { clock, population, signal }: StepContext,
  act: Action,
): Promise<void> {
  if (population.hasFailed(index)) return recorder.fail('STEP_SKIPPED');
  const startedAt = clock.now();
  try {
    await population.turn(index, (device) => act(device, index));
    const endedAt = clock.now();
    recorder.succeed(endedAt - dueAt, endedAt - startedAt);
  } catch (error) {
    if (signal.aborted) return; // neither passed nor failed: it was stopped
    population.markFailed(index);
    recorder.fail(error instanceof RollcallError ? error.code : 'BUG');
  }
}

/**
 * The authority changes, renews its push certificate (rule A11) and so notifies every device (A5); each device's time runs
 * from the change to the end of the session in which it moved (A6).
 */
async function switchAuthority(
  step: Extract<Step, { kind: 'switch' }>,
  recorder: StepRecorder,
  context: StepContext,
): Promise<void> {
  const { admin, clock, population, signal } = context;
  if (admin === undefined)
    throw fleetError('RUN_NOT_STARTED', `step "${step.name}" needs the authority's admin API`, {
      hint: 'Give --token for the server of --server, or leave --server out to use the embedded stub.',
    });
  const total = population.size;
  const missing = new Set<number>();
  for (let index = 0; index < total; index++) {
    if (population.hasFailed(index)) recorder.fail('STEP_SKIPPED');
    else missing.add(index);
  }
  const over = deferred();
  const beganAt = clock.now();
  const running = new Set<Promise<void>>();
  const stop = context.onWake((index) => {
    if (!missing.delete(index)) return;
    const session = attempt(index, beganAt, recorder, context, async (device) => {
      await device.checkIn(signal);
    }).finally(() => {
      running.delete(session);
      context.progress(step, recorder.count, recorder.failed, total);
      if (missing.size === 0 && running.size === 0) over.resolve();
    });
    running.add(session);
  });
  const cancel = clock.after(step.withinMs, over.resolve);
  signal.addEventListener('abort', over.resolve, { once: true });
  try {
    await admin.setAuthority(step.to);
    await admin.renewPushCertificate();
    if (missing.size === 0 && running.size === 0) over.resolve();
    await over.promise;
    await Promise.all(running);
  } finally {
    stop();
    cancel();
    signal.removeEventListener('abort', over.resolve);
  }
  if (signal.aborted) return;
  for (const index of missing) {
    population.markFailed(index);
    recorder.fail('WAKE_MISSED');
  }
  const change = await admin.latestChange();
  const unmoved = recorder.count - recorder.failed - (change?.moved ?? 0);
  for (let k = 0; k < unmoved; k++) recorder.recant('MOVE_MISSED');
}

function assertHolds(device: Device, kinds: readonly string[]): void {
  const held = new Set<string>(device.state.holdings.map((holding) => holding.profile.kind));
  const lacking = kinds.filter((kind) => !held.has(kind));
  if (lacking.length > 0)
    throw fleetError('PROFILE_MISSING', `${device.state.facts.id} holds no ${lacking.join(', ')} profile`);
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
