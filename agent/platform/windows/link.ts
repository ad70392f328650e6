import { isRollcallError } from '../../../base/errors.js';
import type { Authority } from '../../../protocol/vocabulary.js';
import type { Ports, WakeAsk } from '../../model/ports.js';
import type { SavedLink } from '../../model/state.js';
import type { DeviceView, Link, LinkReport, LocalAct, LocalReport, PlannedCheckIn, SessionRequest } from '../driver.js';
import { certificateNamed } from './certificates.js';
import { checkIn } from './check-in.js';
import type { Engine, EngineParts, SessionContext } from './context.js';
import { Identities } from './identities.js';
import { restart, sayGoodbye, signIn } from './leaving.js';
import type { WindowsMemory } from './memory.js';
import { managedByOf } from './provider.js';
import { lostContactAt, nextCheckIn, nextLocalAct, nextRestart, pollsOnLogin, retryOf } from './schedule.js';
import type { WindowsServerTrust } from './server-trust.js';
import { Wakening } from './wake.js';

/** A Windows enrollment. Light while idle: keys and connections are there during a check-in alone. */
export class WindowsLink implements Link {
  readonly server: WindowsServerTrust;
  readonly retry = retryOf(() => this.#memory.data.account);
  readonly #device: DeviceView;
  readonly #ports: Ports;
  readonly #memory: WindowsMemory;
  readonly #engineFor: (parts: EngineParts) => Engine;
  readonly #identities: Identities;
  readonly #wakening: Wakening;

  constructor(
    device: DeviceView,
    ports: Ports,
    memory: WindowsMemory,
    engineFor: (parts: EngineParts) => Engine,
    server: WindowsServerTrust,
  ) {
    this.#device = device;
    this.#ports = ports;
    this.#memory = memory;
    this.#engineFor = engineFor;
    this.#identities = new Identities(ports.keys);
    this.#wakening = new Wakening(ports, device, memory);
    this.server = server;
    server.follow(memory);
  }

  get saved(): SavedLink {
    return this.#memory.saved;
  }

  get wakeAsk(): WakeAsk | undefined {
    return this.#wakening.ask;
  }

  get managedBy(): Authority | undefined {
    return managedByOf(this.#memory.data);
  }

  get deviceId(): string {
    return this.#memory.data.deviceId;
  }

  get checksInAtSignIn(): boolean {
    return pollsOnLogin(this.#memory.data);
  }

  async checkIn({
    reason,
    apply,
    signal,
    save = async () => {},
    undo = () => {},
  }: SessionRequest): Promise<LinkReport> {
    const before = this.#wakening.ask;
    this.#wakening.answered();
    try {
      return await checkIn(this.#context({ apply, signal, save, undo }), reason);
    } catch (error) {
      this.#waitIfAsked(error);
      throw error;
    } finally {
      await this.#wakening.follow(before, signal);
    }
  }

  nextCheckIn(after: number): PlannedCheckIn | undefined {
    return nextCheckIn(this.#memory.data, after);
  }

  nextLocalAct(after: number): number | undefined {
    return nextLocalAct(this.#memory.data, this.#device.state.condition.signedIn, after);
  }

  /** Lost contact ends the enrollment, without a word; a restart and the sign-in after it come when they are due. */
  async actLocally({ now, apply }: LocalAct): Promise<LocalReport> {
    const { data } = this.#memory;
    if ((lostContactAt(data) ?? Number.POSITIVE_INFINITY) <= now) {
      await apply({ kind: 'retire' });
      return { left: 'removed', isSilent: true };
    }
    const restartAt = nextRestart(data, Number.NEGATIVE_INFINITY);
    if (restartAt !== undefined && restartAt <= now) await restart(this.#memory, apply, restartAt, now);
    const { signIn: coming } = this.#memory.data;
    const isOut = this.#device.state.condition.signedIn === 'none';
    if (coming !== undefined && coming.isDone === undefined && coming.at <= now && isOut)
      await signIn(this.#memory, apply, coming.at);
    return {};
  }

  askToBeWoken(signal: AbortSignal): Promise<void> {
    return this.#wakening.follow(undefined, signal);
  }

  wakeups(signal: AbortSignal): AsyncIterable<void> {
    return this.#wakening.listen(signal);
  }

  /** One session with 1226; where it is not heard, the device leaves all the same. */
  async leave(signal: AbortSignal): Promise<void> {
    const nothing = async () => {};
    const apply: SessionContext['apply'] = async () => ({ status: 'failed', reason: 'the device leaves' });
    await sayGoodbye(this.#context({ apply, signal, save: nothing, undo: () => {} }));
  }

  certificateOf(name: string): Uint8Array | undefined {
    return certificateNamed(name, this.#memory.data);
  }

  async forget(): Promise<void> {
    this.server.follow(undefined);
    await this.#wakening.forget();
  }

  /** What is polled for waits as long as the server asked (429, Retry-After). */
  #waitIfAsked(error: unknown): void {
    const asked = isRollcallError(error) ? error.details['retryAfterMs'] : undefined;
    if (typeof asked === 'number') this.#memory.change({ notBefore: this.#ports.clock.now() + asked });
  }

  #context(request: Pick<SessionContext, 'apply' | 'signal' | 'save' | 'undo'>): SessionContext {
    const parts = { device: this.#device, ports: this.#ports, memory: this.#memory, ...request };
    let engine: Engine | undefined;
    return {
      ...parts,
      server: this.server,
      identities: this.#identities,
      engine: () => {
        engine ??= this.#engineFor(parts);
        return engine;
      },
    };
  }
}
