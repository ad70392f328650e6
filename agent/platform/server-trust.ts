import type { Clock } from '../../base/clock.js';
import type { Happening } from '../model/happening.js';
import type { ServerRules, ServerTrust } from '../model/server-rules.js';
import type { DeviceView } from './driver.js';

const none: readonly Uint8Array[] = [];
const mostTold = 1000;

/** Where the roots that management brought come from, for one platform. */
export interface RootSource<Memory, Holder> {
  /** What holds them in a memory: another object when they may have changed, the same one while they have not. */
  heldIn(memory: Memory): Holder;
  /** The roots (DER) among it. */
  rootsOf(holder: Holder): readonly Uint8Array[];
}

/**
 * How a device judges servers: by its platform's rules, its own clock, and the roots that its management brought. One for each device,
 * for as long as it lives, so that what it was told once it is not told again.
 */
export class DeviceServerTrust<Memory, Holder = unknown> implements ServerTrust {
  readonly rules: ServerRules;
  readonly #source: RootSource<Memory, Holder>;
  readonly #device: DeviceView;
  readonly #clock: Clock;
  #memory: Memory | undefined;
  #of: Holder | undefined;
  #roots = none;
  readonly #told = new Set<string>();

  constructor(rules: ServerRules, source: RootSource<Memory, Holder>, device: DeviceView, clock: Clock) {
    this.rules = rules;
    this.#source = source;
    this.#device = device;
    this.#clock = clock;
  }

  /** From now on the roots of this enrollment are trusted, as they come and go; of none without one. */
  follow(memory: Memory | undefined): void {
    this.#memory = memory;
  }

  roots(): readonly Uint8Array[] {
    const holder = this.#memory === undefined ? undefined : this.#source.heldIn(this.#memory);
    if (holder !== this.#of) {
      this.#of = holder;
      this.#roots = holder === undefined ? none : this.#source.rootsOf(holder);
    }
    return this.#roots;
  }

  now(): number {
    return this.#clock.now();
  }

  get isLenient(): boolean {
    return this.#device.lenient.has('tls');
  }

  /** Once each: a SCEP server, which is judged by other roots, is often the MDM server itself. */
  tell(happening: Happening): void {
    const what = JSON.stringify(happening);
    if (this.#told.has(what)) return;
    if (this.#told.size >= mostTold) this.#told.clear();
    this.#told.add(what);
    this.#device.tell(happening);
  }
}
