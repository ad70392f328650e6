import type { Device } from '../../agent/index.js';
import { isRollcallError } from '../../base/errors.js';
import type { ProfileKind } from '../../protocol/vocabulary.js';
import { drawn } from '../load/drawn.js';
import type { UseStep } from '../scenario/model.js';
import type { Acted, ActReason, DeviceStep, EngineContext } from '../steps/kind.js';
import { Outages } from './outages.js';
import { refused, usedBy } from './verdicts.js';

/** A kind that a person comes to later, when thought is over. */
interface Next {
  readonly kind: ProfileKind;
  /** Age of the step. */
  readonly atMs: number;
  readonly isLast: boolean;
}

/**
 * People use what their devices were given. Where they do so again and again a refusal is counted, and is an outage between two uses
 * that were let through; where each does it once, it is the device's failure.
 */
export class Uses implements DeviceStep {
  readonly #step: UseStep;
  readonly #context: EngineContext;
  readonly #outages: Outages;
  readonly #next = new Map<number, Next[]>();
  /** How often each has thought: its thoughts are its own. */
  readonly #thoughts = new Map<number, number>();

  constructor(step: UseStep, context: EngineContext) {
    this.#step = step;
    this.#context = context;
    this.#outages = new Outages(context, step.kinds);
  }

  get pace() {
    return this.#step.pace;
  }

  async act(device: Device, index: number, why: ActReason): Promise<Acted | undefined> {
    if (why === 'later') return await this.#later(device, index);
    const { kinds, thinkTime } = this.#step;
    const [first, ...rest] = kinds;
    if (thinkTime === undefined || first === undefined || rest.length === 0) {
      await this.#useAll(device, index, kinds);
      return undefined;
    }
    const thoughts = this.#thoughts.get(index) ?? 0;
    this.#thoughts.set(index, thoughts + 1);
    const draw = this.#context.random(index, `think ${thoughts}`);
    let atMs = this.#context.ageMs();
    const waiting = this.#next.get(index) ?? [];
    for (const [at, kind] of rest.entries()) {
      atMs += drawn(thinkTime, draw);
      waiting.push({ kind, atMs, isLast: at === rest.length - 1 });
    }
    this.#wait(index, waiting);
    await this.#useAll(device, index, [first]);
    return { isOpen: true };
  }

  failed(index: number): boolean {
    return this.#next.delete(index);
  }

  isDone(): boolean {
    return this.#next.size === 0;
  }

  end(): void {
    this.#outages.end();
  }

  async #later(device: Device, index: number): Promise<Acted | undefined> {
    const [next, ...rest] = this.#next.get(index) ?? [];
    if (next === undefined) return { isOpen: true };
    this.#wait(index, rest);
    await this.#useAll(device, index, [next.kind]);
    return next.isLast ? { dueAt: this.#context.elapsedAt(next.atMs) } : { isOpen: true };
  }

  #wait(index: number, waiting: Next[]): void {
    const [first] = waiting.sort((one, other) => one.atMs - other.atMs);
    if (first === undefined) {
      this.#next.delete(index);
      return;
    }
    this.#next.set(index, waiting);
    this.#context.actAt(index, first.atMs);
  }

  async #useAll(device: Device, index: number, kinds: readonly ProfileKind[]): Promise<void> {
    const { whose, isRefused } = this.#step;
    const { signal } = this.#context;
    const used = usedBy(device.state, { kinds, ...(whose === undefined ? {} : { of: whose }) });
    for (const { kind, name } of used) {
      const use = device.useResource(kind, name, signal);
      if (isRefused === true) {
        await refused(use, name ?? kind);
        this.#outages.refused(index, kind);
      } else await this.#let(use, index, kind);
    }
  }

  /** Resolves when the gate has said its word; throws that word where everybody does this once. */
  async #let(use: Promise<void>, index: number, kind: ProfileKind): Promise<void> {
    try {
      await use;
    } catch (error) {
      if (!isRollcallError(error, 'RESOURCE_REFUSED')) throw error;
      this.#outages.refused(index, kind);
      if (this.#step.pace.kind === 'open' || this.#step.pace.kind === 'closed') throw error;
      return;
    }
    this.#outages.allowed(index, kind);
  }
}
