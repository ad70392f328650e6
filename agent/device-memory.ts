import { interrupted } from '../base/abort.js';
import { asError, isRollcallError } from '../base/errors.js';
import type { DeviceChange, DeviceEvent, DeviceOptions } from './device-types.js';
import { agentError } from './errors.js';
import { clearManaged } from './model/apply-command.js';
import type { Happening } from './model/happening.js';
import type { Leniency } from './model/leniency.js';
import type { Condition, DeviceState } from './model/state.js';
import { toldCommand } from './model/told.js';
import type { DeviceView, Link } from './platform/driver.js';

type Untimed = DeviceEvent extends infer E ? (E extends DeviceEvent ? Omit<E, 'at' | 'changes'> : never) : never;

type MemoryOptions = Pick<DeviceOptions, 'ports' | 'store' | 'lenient'>;

/** Events that say what was changed since the last of them. */
const withChanges: ReadonlySet<string> = new Set(['command', 'declaration', 'enrolled']);
const nothingLifted: ReadonlySet<Leniency> = new Set();

/** Why an operation was cut off that ran while the device went offline. */
export const offline = new Error('the device went offline');

/** What is known of one device, how it is kept, and who is told of it. */
export class DeviceMemory implements DeviceView {
  readonly #options: MemoryOptions;
  #state: DeviceState;
  #link: Link | undefined;
  /** Changes that no event has told of. */
  readonly #changes: DeviceChange[] = [];
  readonly lenient: ReadonlySet<Leniency>;
  #listeners: Set<(event: DeviceEvent) => void> | undefined;
  #isUnsaved = false;
  /** What was saved last, or never had to be. */
  #kept: DeviceState;
  /** When a session of this link last broke, and when the link last acted by itself; known to this process only. */
  failedAt = Number.NEGATIVE_INFINITY;
  actedAt = Number.NEGATIVE_INFINITY;

  constructor(state: DeviceState, options: MemoryOptions) {
    this.#state = state;
    this.#kept = state;
    this.#options = options;
    this.lenient = options.lenient === undefined ? nothingLifted : new Set(options.lenient);
  }

  /** The present enrollment; `state.link` is what of it was saved last. */
  get link(): Link | undefined {
    return this.#link;
  }

  set link(link: Link | undefined) {
    this.#link = link;
    this.failedAt = Number.NEGATIVE_INFINITY;
    this.actedAt = Number.NEGATIVE_INFINITY;
  }

  /** The moment after which the link's next check-in by itself comes: the last one, or the last that failed. */
  get triedAt(): number {
    return Math.max(this.failedAt, this.#state.lastCheckInAt ?? Number.NEGATIVE_INFINITY);
  }

  get state(): DeviceState {
    return this.#state;
  }

  /** Changes the state; `keep` or `save` must follow before anybody outside hears of it. */
  put(state: DeviceState): void {
    this.#state = state;
    this.#isUnsaved = true;
  }

  /** Saves this state, and with it what the link has learned: the two are never saved apart. */
  async save(state: DeviceState): Promise<void> {
    const saved = this.link?.saved;
    const isBehind = saved !== undefined && state.link !== undefined && saved !== state.link;
    this.#state = this.#withAuthority(isBehind ? { ...state, link: saved } : state);
    this.#isUnsaved = false;
    try {
      const saving = this.#state;
      await this.#options.store?.save(saving);
      this.#kept = saving;
    } catch (error) {
      this.#isUnsaved = true; // until it is, nobody outside is to hear of it
      throw error;
    }
  }

  /** With who manages the device, where the link was told of another. */
  #withAuthority(state: DeviceState): DeviceState {
    const authority = this.link?.managedBy;
    if (authority === undefined || state.link === undefined || state.managedBy?.authority === authority) return state;
    return { ...state, managedBy: { authority, since: this.#options.ports.clock.now() } };
  }

  /** Forgets what was put and could not be saved. */
  undo(): void {
    this.#state = this.#kept;
    this.#isUnsaved = false;
    this.#changes.length = 0;
  }

  /** Saves a state that is to come: should this process end before it has, the next one begins with it. */
  async saveAhead(state: DeviceState): Promise<void> {
    const { store } = this.#options;
    if (store?.isDurable === true) await store.save(state); // in memory it would help nobody
  }

  /** Saves what was put, or what the link has learned, if there is any. */
  async keep(ahead?: () => void): Promise<void> {
    if (!this.#isUnsaved && (this.link === undefined || this.link.saved === this.#state.link)) return;
    if (this.#options.store?.isDurable === true) ahead?.();
    await this.save(this.#state);
  }

  async change(condition: Partial<Condition>): Promise<void> {
    await this.save({ ...this.#state, condition: { ...this.#state.condition, ...condition } });
  }

  /** A screen lock means something only where there is a passcode. */
  get isLocked(): boolean {
    const { locked, passcode } = this.#state.condition;
    return locked && passcode !== undefined;
  }

  get isReachable(): boolean {
    const { online, powered } = this.#state.condition;
    return online && powered;
  }

  assertReachable(): void {
    if (this.isReachable) return;
    if (!this.#state.condition.powered)
      throw agentError('DEVICE_OFF', 'the device is switched off', { details: { reason: 'switched off' } });
    throw agentError('TRANSPORT_LOST', 'the device is offline', {
      hint: 'The device has no network: bring it online.',
      details: { reason: 'offline' },
    });
  }

  onEvent(listener: (event: DeviceEvent) => void): () => void {
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
    return () => this.#listeners?.delete(listener);
  }

  /** Notes what a command or an enrollment changed: the event that follows says it. */
  changed(change: DeviceChange): void {
    if (this.#listeners !== undefined) this.#changes.push(change);
  }

  tell(told: Untimed | Happening): void {
    if (this.#listeners === undefined) return;
    const { changed, ...rest } = told as Untimed & { readonly changed?: number };
    const timed = { ...rest, at: this.#options.ports.clock.now() };
    const event = (
      withChanges.has(told.type) ? withTold(timed, this.#changes.splice(0, changed ?? this.#changes.length)) : timed
    ) as DeviceEvent;
    if (told.type === 'checked-in' || told.type === 'failed') this.#changes.length = 0;
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#options.ports.log.error('BUG', {
          device: this.#state.facts.id,
          listener: event.type,
          error: asError(error),
        });
      }
    }
  }

  silence(): void {
    this.#listeners = undefined;
  }

  /** Makes of what was thrown the error to throw on, tells it and logs it: the one place where a failure is logged. */
  failed(during: 'enroll' | 'check-in' | 'leave' | 'local-act', thrown: unknown, signal: AbortSignal): Error {
    const error = toFailure(thrown, signal);
    const code = isRollcallError(error) ? error.code : 'BUG';
    this.#options.ports.log.warn(code, { device: this.#state.facts.id, during, error });
    this.tell({ type: 'failed', during, error });
    return error;
  }
}

/** With its changes, masked when somebody looks at them: most listeners do not. */
function withTold(event: object, changes: readonly DeviceChange[]): object {
  let told: readonly DeviceChange[] | undefined;
  return {
    ...event,
    get changes() {
      told ??= changes.map((change) => ({ ...change, command: toldCommand(change.command) }));
      return told;
    },
  };
}

/** What an operation that was cut off throws is its signal's business: going offline is a lost line, the rest a request. */
function toFailure(thrown: unknown, signal: AbortSignal): Error {
  const isVerdict = isRollcallError(thrown) && thrown.code !== 'INTERRUPTED' && thrown.code !== 'TRANSPORT_LOST';
  if (signal.aborted && !isVerdict)
    return signal.reason === offline
      ? agentError('TRANSPORT_LOST', offline.message, { cause: thrown, details: { reason: 'offline' } })
      : interrupted(signal);
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** A process that ended in the middle leaves a state that no later one can be in: half an enrollment is none. */
export function pickedUp(state: DeviceState): DeviceState {
  const isLinked = state.link !== undefined;
  if (state.lifecycle === 'enrolled' && !isLinked) throw agentError('STATE_CORRUPT', 'enrolled, but with no link');
  if (state.lifecycle === 'enrolling') return { ...clearManaged(state), lifecycle: 'unenrolled' };
  if (state.lifecycle !== 'switching') return state;
  return isLinked ? { ...state, lifecycle: 'enrolled' } : { ...clearManaged(state), lifecycle: 'orphaned' };
}
