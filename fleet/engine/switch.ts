import { isRollcallError } from '../../base/errors.js';
import type { Authority } from '../../protocol/vocabulary.js';
import { fleetError } from '../errors.js';
import type { StepRecorder } from '../metrics/figures.js';
import type { Step } from '../scenario/plan.js';
import type { AuthorityClient } from './authority-client.js';
import { countFailure, type StepContext } from './context.js';
import { Places } from './pace.js';

/** How long an authority may take to say who manages which device. */
const listPatienceMs = 120_000;

type SwitchStep = Extract<Step, { kind: 'switch' }>;

/** One device's session after its wake-up. */
interface Session {
  readonly responseMs: number;
  readonly serviceMs: number;
  readonly commands: number;
}

/**
 * The authority changes, renews its push certificate (rule A11) and so notifies every device (A5); each device's time runs
 * from the change to the end of the session in which it moved (A6). Who has moved is the authority's to say, at the end.
 * Throws what the admin API throws, after the sessions have ended.
 */
export async function switchAuthority(step: SwitchStep, recorder: StepRecorder, context: StepContext): Promise<void> {
  const { admin } = context;
  if (admin === undefined) throw fleetError('RUN_NOT_STARTED', `step "${step.name}" needs the authority's admin API`);
  await new AuthoritySwitch(step, recorder, context, admin).run();
}

/**
 * A session that began before the change was confirmed may have been for a notification about something else, and the
 * authority may have been busy (A11): after it the device goes on waiting for its own.
 */
class AuthoritySwitch {
  readonly #step: SwitchStep;
  readonly #recorder: StepRecorder;
  readonly #context: StepContext;
  readonly #admin: AuthorityClient;
  /** Who waits for a notification. */
  readonly #waiting = new Set<number>();
  readonly #running = new Set<number>();
  /** Who was notified once more while a session was running. */
  readonly #wokenAgain = new Set<number>();
  readonly #sessions = new Map<number, Session>();
  readonly #places: Places;
  readonly #over = deferred();
  /** Aborted when the step is over. */
  readonly #ended = new AbortController();
  readonly #end = (): void => {
    this.#over.resolve();
    this.#ended.abort(new Error('the step is over'));
  };
  readonly #beganAt: number;
  #isConfirmed = false;

  constructor(step: SwitchStep, recorder: StepRecorder, context: StepContext, admin: AuthorityClient) {
    this.#step = step;
    this.#recorder = recorder;
    this.#context = context;
    this.#admin = admin;
    this.#places = new Places(context.plan.concurrency);
    this.#beganAt = context.elapsed();
    for (let index = 0; index < context.population.size; index++) {
      if (context.population.hasFailed(index)) recorder.skip();
      else this.#waiting.add(index);
    }
  }

  async run(): Promise<void> {
    if (this.#waiting.size === 0) return; // nobody is left who could move
    const { clock, signal, onWake } = this.#context;
    const forget = onWake((index) => this.#wake(index));
    const cancel = clock.after(this.#step.withinMs, this.#end);
    signal.addEventListener('abort', this.#end, { once: true });
    try {
      await this.#admin.setAuthority(this.#step.to);
      await this.#admin.renewPushCertificate();
      this.#isConfirmed = true;
      await this.#endWhenDone();
      await this.#over.promise;
    } finally {
      forget();
      cancel();
      signal.removeEventListener('abort', this.#end);
      await this.#places.allGiven();
      if (this.#isConfirmed && signal.aborted) for (const session of this.#sessions.values()) this.#count(session);
    }
    if (!signal.aborted) await this.#judge();
  }

  #wake(index: number): void {
    if (this.#running.has(index)) this.#wokenAgain.add(index);
    else if (this.#waiting.delete(index)) this.#start(index);
  }

  #start(index: number): void {
    this.#running.add(index);
    void this.#checkIn(index);
  }

  async #checkIn(index: number): Promise<void> {
    const isEarly = !this.#isConfirmed;
    let mayWait = false;
    await this.#places.take();
    try {
      mayWait = (await this.#session(index, isEarly)) && !this.#context.signal.aborted;
    } finally {
      const isWokenAgain = this.#wokenAgain.delete(index);
      this.#running.delete(index);
      if (mayWait && isWokenAgain) this.#start(index);
      else if (mayWait) this.#waiting.add(index);
      this.#places.give();
      const { done, ...tally } = this.#recorder.tally;
      this.#context.progress({ ...tally, done: done + this.#sessions.size });
      await this.#endWhenDone();
    }
  }

  /** True when the device is to go on waiting for its notification. */
  async #session(index: number, isEarly: boolean): Promise<boolean> {
    const { elapsed, population, signal } = this.#context;
    if (signal.aborted) {
      this.#recorder.cut();
      return false;
    }
    try {
      const startedAt = elapsed();
      const { commands } = await population.turn(index, (device) => device.checkIn(signal, 'woken'));
      const endedAt = elapsed();
      const session = { responseMs: endedAt - this.#beganAt, serviceMs: endedAt - startedAt, commands };
      // Where nothing more came, it was in the session before that the device moved.
      if (commands > 0 || !((this.#sessions.get(index)?.commands ?? 0) > 0)) this.#sessions.set(index, session);
      return isEarly;
    } catch (error) {
      if (isEarly && isRollcallError(error, 'AUTHORITY_BUSY')) return true;
      this.#sessions.delete(index);
      countFailure(index, error, this.#recorder, this.#context);
      return false;
    }
  }

  /** Nobody runs, and whoever waits has had a session: then perhaps all have moved already, and nobody need wait longer. */
  async #endWhenDone(): Promise<void> {
    const isQuiet = this.#isConfirmed && this.#running.size === 0;
    if (!isQuiet) return;
    for (const index of this.#waiting) if (!this.#sessions.has(index)) return;
    if (this.#waiting.size > 0) {
      // What is wrong is said at the end, when it is asked again; the end does not wait for it.
      const managedBy = await this.#admin.managedBy(this.#ended.signal).catch(() => new Map());
      for (const index of this.#waiting) if (this.#hasMoved(index, managedBy)) this.#waiting.delete(index);
    }
    if (this.#waiting.size === 0 && this.#running.size === 0) this.#end();
  }

  async #judge(): Promise<void> {
    const managedBy = this.#sessions.size === 0 ? new Map<string, Authority>() : await this.#listed();
    for (const index of this.#waiting)
      if (!this.#sessions.has(index))
        this.#fail(index, 'WAKE_MISSED', `no notification within ${this.#step.withinMs} ms`);
    for (const [index, session] of this.#sessions) {
      if (this.#hasMoved(index, managedBy)) this.#count(session);
      else
        this.#fail(
          index,
          'MOVE_MISSED',
          `${this.#idOf(index)} is managed by ${managedBy.get(this.#idOf(index)) ?? 'nobody'}`,
        );
    }
    this.#context.progress(this.#recorder.tally);
  }

  /** Who is managed by whom at the end. Throws ADMIN_REFUSED when the authority does not come to an end with it. */
  async #listed(): Promise<ReadonlyMap<string, Authority>> {
    const patience = new AbortController();
    const cancel = this.#context.clock.after(listPatienceMs, () => patience.abort(new Error('it took too long')));
    try {
      return await this.#admin.managedBy(patience.signal);
    } catch (cause) {
      if (!patience.signal.aborted || this.#context.signal.aborted) throw cause;
      const why = `the authority did not list its devices within ${listPatienceMs} ms`;
      throw fleetError('ADMIN_REFUSED', why, { cause });
    } finally {
      cancel();
    }
  }

  #idOf(index: number): string {
    return this.#context.population.peek(index)?.facts.id ?? '';
  }

  #hasMoved(index: number, managedBy: ReadonlyMap<string, Authority>): boolean {
    return managedBy.get(this.#idOf(index)) === this.#step.to;
  }

  #fail(index: number, code: 'WAKE_MISSED' | 'MOVE_MISSED', message: string): void {
    countFailure(index, fleetError(code, message), this.#recorder, this.#context);
  }

  #count({ responseMs, serviceMs }: Session): void {
    this.#recorder.succeed(responseMs, serviceMs);
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
