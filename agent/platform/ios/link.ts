import { onAbort } from '../../../base/abort.js';
import { isRollcallError } from '../../../base/errors.js';
import { encodeResult } from '../../../protocol/apple-mdm/result.js';
import type { Authority } from '../../../protocol/vocabulary.js';
import type { Ports, WakeAsk } from '../../model/ports.js';
import type { DeviceFacts, SavedLink } from '../../model/state.js';
import type { DeviceView, Link, LinkReport, LocalAct, LocalReport, SessionRequest } from '../driver.js';
import { defaultRetry } from '../schedule.js';
import { sayGoodbye } from './enroll.js';
import { Exchange } from './exchange.js';
import { certificateNamed } from './held-profiles.js';
import { Wires } from './identity.js';
import type { Memory } from './memory.js';
import { managedByOf } from './organization.js';
import { nextExpiry, removeExpired } from './profiles.js';
import type { IosServerTrust } from './server-trust.js';
import { runSession, type SessionPolicy } from './session.js';
import { troubleOf } from './told.js';
import { isWakeUp, wakeAskOf } from './wake.js';

/** By the device's facts, for as long as these are held. */
const idles = new WeakMap<DeviceFacts, Buffer>();

function idleOf(facts: DeviceFacts): Buffer {
  let idle = idles.get(facts);
  if (idle === undefined) {
    idle = encodeResult({ udid: facts.id, status: 'Idle' });
    idles.set(facts, idle);
  }
  return idle;
}

/**
 * An iOS enrollment. Light while idle: the key, the signer and the Idle message are made at the first check-in. Apple's MDM
 * has no schedule of the device's own; by itself it only removes profiles whose date has come.
 */
export class IosLink implements Link {
  readonly retry = defaultRetry; // Apple does not say; as seen
  readonly #device: DeviceView;
  readonly #ports: Ports;
  readonly #memory: Memory;
  readonly #policy: SessionPolicy;
  readonly #wires: Wires;
  readonly server: IosServerTrust;
  #idle: Buffer | undefined;
  /** The push service has been asked: at the enrollment, or when somebody first listened. */
  #hasAsked: boolean;

  constructor(
    device: DeviceView,
    ports: Ports,
    memory: Memory,
    policy: SessionPolicy,
    server: IosServerTrust,
    fresh?: { readonly wires: Wires },
  ) {
    this.#device = device;
    this.#ports = ports;
    this.#memory = memory;
    this.#policy = policy;
    this.server = server;
    server.follow(memory);
    this.#wires = fresh?.wires ?? new Wires(ports.keys);
    this.#hasAsked = fresh !== undefined;
  }

  get saved(): SavedLink {
    return this.#memory.saved;
  }

  get managedBy(): Authority | undefined {
    return managedByOf(this.#memory.data);
  }

  get wakeAsk(): WakeAsk {
    return wakeAskOf(this.#memory.data);
  }

  async checkIn({ apply, signal, save = async () => {}, undo = () => {} }: SessionRequest): Promise<LinkReport> {
    this.#idle ??= idleOf(this.#device.state.facts);
    const exchange = new Exchange(this.#ports, this.#memory, this.#wires, this.server);
    const common = { device: this.#device, ports: this.#ports, memory: this.#memory };
    try {
      const report = await runSession({ ...common, exchange, apply, signal, save, undo }, this.#idle, this.#policy);
      if (report.left === 'removed') await this.#checkOut(signal); // erased devices say nothing more
      return report;
    } finally {
      exchange.close();
    }
  }

  nextLocalAct(after: number): number | undefined {
    return nextExpiry(this.#memory.data, after);
  }

  async actLocally({ now, apply }: LocalAct): Promise<LocalReport> {
    const context = { device: this.#device, ports: this.#ports, memory: this.#memory, apply };
    return (await removeExpired(context, now)) ? { left: 'removed' } : {};
  }

  async *wakeups(signal: AbortSignal): AsyncIterable<void> {
    const { wake } = this.#ports;
    if (wake === undefined) {
      await new Promise<void>((resolve) => onAbort(signal, resolve));
      return;
    }
    if (!this.#hasAsked) await this.askToBeWoken(signal);
    this.#hasAsked = true;
    for await (const _ of wake.listen(this.wakeAsk, isWakeUp, signal)) yield;
  }

  /** Told once where it cannot be: the way goes on trying, and wakes the device when it can. */
  async askToBeWoken(signal: AbortSignal): Promise<void> {
    try {
      await this.#ports.wake?.ask(this.wakeAsk, isWakeUp, signal);
    } catch (error) {
      if (!isRollcallError(error, 'PUSH_LOST')) throw error;
      this.#device.tell(troubleOf(error, 'push'));
    }
  }

  async leave(signal: AbortSignal): Promise<void> {
    await this.#checkOut(signal);
  }

  certificateOf(name: string): Uint8Array | undefined {
    return certificateNamed(name, this.#memory.data);
  }

  async forget(): Promise<void> {
    try {
      await this.#ports.wake?.withdraw(this.wakeAsk);
    } catch (error) {
      this.#ports.log.debug('PUSH_LOST', { during: 'withdraw', problem: String(error) });
    }
  }

  async #checkOut(signal: AbortSignal): Promise<void> {
    if (!this.#memory.data.management.checkOutWhenRemoved) return;
    await sayGoodbye(this.#memory, this.#wires, this.#device, this.#ports, this.server, signal);
  }
}
