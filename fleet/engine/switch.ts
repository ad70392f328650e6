import { fleetError } from '../errors.js';
import type { StepRecorder } from '../metrics/figures.js';
import type { Step } from '../scenario/plan.js';
import { countFailure, type StepContext } from './context.js';
import { Places } from './pace.js';

/** One device's session after its wake-up. */
interface Session {
  readonly responseMs: number;
  readonly serviceMs: number;
  /** Begun before the change was confirmed, and nothing came of it: its notification may have been about something else. */
  readonly isDoubtful: boolean;
}

/**
 * The authority changes, renews its push certificate (rule A11) and so notifies every device (A5); each device's time runs
 * from the change to the end of the session in which it moved (A6). Who has moved is the authority's to say, at the end.
 * Throws what the admin API throws, after the sessions have ended.
 */
export async function switchAuthority(
  step: Extract<Step, { kind: 'switch' }>,
  recorder: StepRecorder,
  context: StepContext,
): Promise<void> {
  const { admin, clock, elapsed, population, signal, plan } = context;
  if (admin === undefined) throw fleetError('RUN_NOT_STARTED', `step "${step.name}" needs the authority's admin API`);
  const total = population.size;
  const asleep = new Set<number>();
  for (let index = 0; index < total; index++) {
    if (population.hasFailed(index)) recorder.skip();
    else asleep.add(index);
  }
  if (asleep.size === 0) return; // nobody is left who could move
  const sessions = new Map<number, Session>();
  const places = new Places(plan.concurrency);
  const running = new Set<number>();
  const over = deferred();
  const beganAt = elapsed();
  let isConfirmed = false;

  const endWhenDone = () => {
    if (isConfirmed && asleep.size === 0 && running.size === 0) over.resolve();
  };
  const checkIn = async (index: number) => {
    const wasConfirmed = isConfirmed;
    await places.take();
    try {
      if (signal.aborted) return recorder.cut();
      const startedAt = elapsed();
      const { commands } = await population.turn(index, (device) => device.checkIn(signal, 'woken'));
      const endedAt = elapsed();
      sessions.set(index, {
        responseMs: endedAt - beganAt,
        serviceMs: endedAt - startedAt,
        isDoubtful: !wasConfirmed && commands === 0,
      });
    } catch (error) {
      sessions.delete(index);
      countFailure(index, error, recorder, context);
    } finally {
      places.give();
      running.delete(index);
      const { done, ...tally } = recorder.tally;
      context.progress({ ...tally, done: done + sessions.size });
      endWhenDone();
    }
  };
  const forget = context.onWake((index) => {
    const isNew = asleep.delete(index) || (!running.has(index) && sessions.get(index)?.isDoubtful === true);
    if (!isNew) return;
    running.add(index);
    void checkIn(index);
  });
  const cancel = clock.after(step.withinMs, over.resolve);
  signal.addEventListener('abort', over.resolve, { once: true });
  try {
    await admin.setAuthority(step.to);
    await admin.renewPushCertificate();
    isConfirmed = true;
    endWhenDone();
    await over.promise;
  } finally {
    forget();
    cancel();
    signal.removeEventListener('abort', over.resolve);
    await places.allGiven();
    if (!isConfirmed || signal.aborted) for (const session of sessions.values()) count(session, recorder);
  }
  if (signal.aborted) return;
  for (const index of asleep)
    countFailure(index, fleetError('WAKE_MISSED', `no notification within ${step.withinMs} ms`), recorder, context);
  if (sessions.size === 0) return;
  const managedBy = await admin.managedBy();
  for (const [index, session] of sessions) {
    const id = population.peek(index)?.facts.id ?? '';
    const by = managedBy.get(id);
    if (by === step.to) count(session, recorder);
    else countFailure(index, fleetError('MOVE_MISSED', `${id} is managed by ${by ?? 'nobody'}`), recorder, context);
  }
  context.progress(recorder.tally);
}

const count = ({ responseMs, serviceMs }: Session, recorder: StepRecorder) => recorder.succeed(responseMs, serviceMs);

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
