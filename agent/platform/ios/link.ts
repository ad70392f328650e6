import { onAbort } from '../../../base/abort.js';
import { encodeResult } from '../../../protocol/apple-mdm/result.js';
import type { Ports } from '../../model/ports.js';
import type { SavedLink } from '../../model/state.js';
import type { Apply, DeviceView, Keep, Link, SessionReport } from '../driver.js';
import { sayGoodbye } from './enroll.js';
import { Exchange } from './exchange.js';
import { certificateNamed } from './held-profiles.js';
import { Wires } from './identity.js';
import type { Memory } from './memory.js';
import { runSession, type SessionPolicy } from './session.js';
import { magicOf } from './wake.js';

/** An iOS enrollment. Light while idle: the key, the signer and the Idle message are made at the first check-in. */
export class IosLink implements Link {
  #idle: Buffer | undefined;
  /** The push service knows the token: since enrollment, or since somebody first listened. */
  #isRegistered: boolean;

  constructor(
    private readonly device: DeviceView,
    private readonly ports: Ports,
    private readonly memory: Memory,
    private readonly policy: SessionPolicy,
    private readonly wires: Wires = new Wires(ports.keys),
    isRegistered = false,
  ) {
    this.#isRegistered = isRegistered;
  }

  get saved(): SavedLink {
    return this.memory.saved;
  }

  async checkIn(apply: Apply, signal: AbortSignal, keep: Keep = async () => {}): Promise<SessionReport> {
    const { device, ports, memory, wires } = this;
    this.#idle ??= encodeResult({ udid: device.state.facts.id, status: 'Idle' });
    const exchange = new Exchange(ports, memory, wires);
    try {
      const context = { device, ports, memory, exchange, apply, signal, keep };
      const report = await runSession(context, this.#idle, this.policy);
      if (report.left === 'removed') await this.#checkOut(signal); // erased devices say nothing more
      return report;
    } finally {
      exchange.close();
    }
  }

  async *wakeups(signal: AbortSignal): AsyncIterable<void> {
    const { push, log } = this.ports;
    const { pushToken, pushMagic } = this.memory.data;
    if (push === undefined) {
      await new Promise<void>((resolve) => onAbort(signal, resolve));
      return;
    }
    if (!this.#isRegistered) await push.register(pushToken, signal);
    this.#isRegistered = true;
    for await (const payload of push.notifications(pushToken, signal)) {
      if (magicOf(payload) === pushMagic) yield;
      else log.debug('PUSH_IGNORED', { reason: 'another PushMagic' }); // specs/apple.md §1.10
    }
  }

  async leave(signal: AbortSignal): Promise<void> {
    await this.#checkOut(signal);
  }

  certificateOf(name: string): Uint8Array | undefined {
    return certificateNamed(name, this.memory.data);
  }

  async forget(): Promise<void> {
    try {
      await this.ports.push?.unregister(this.memory.data.pushToken);
    } catch (error) {
      this.ports.log.debug('PUSH_LOST', { during: 'unregister', problem: String(error) });
    }
  }

  async #checkOut(signal: AbortSignal): Promise<void> {
    const { memory, wires, device, ports } = this;
    if (memory.data.management.checkOutWhenRemoved) await sayGoodbye(memory, wires, device, ports, signal);
  }
}
