// Asking many devices to check in, in the background: part by part, in the order of their enrollment, at the pace that the stub sets.
import type { TenantDevice } from './device-state.js';
import type { PushReason, Woken } from './push-types.js';
import type { Saver } from './saver.js';

/** Devices that are asked before others in the process have their turn, and before it is stored again how far a walk has come. */
const mostAtOnce = 100;
/** Devices that are looked at for them. */
const mostLookedAt = 1000;

/** From which sequence on nobody was asked yet. */
export const fromTheStart = Number.MIN_SAFE_INTEGER;

/** One way through the devices. */
export interface Walk {
  /** By which it is cancelled. */
  readonly name: string;
  readonly why: PushReason;
  /** The sequence up to which devices were asked, or passed over. */
  cursor: number;
  /** The sequence of the last device that is asked. */
  readonly last: number;
  /** Those after a sequence, in order. */
  readonly after: (sequence: number) => Iterable<TenantDevice>;
  /** Judged when a part is chosen, and again when each device has its turn. */
  readonly isAsked: (device: TenantDevice) => boolean;
  readonly asked?: (device: TenantDevice, woken: Woken) => void;
  /** Stores the cursor and what `asked` counts: before each part is handed on and after it. */
  readonly store?: () => void;
}

interface WalkPorts {
  readonly saver: Pick<Saver, 'durable'>;
  /** Undefined where the device is not enrolled any more. */
  readonly ask: (device: TenantDevice, why: PushReason) => Woken | undefined;
  /** A pause after so many devices. */
  readonly rest: (devices: number) => Promise<void>;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The walks under way, one after the other. */
export class Walks {
  readonly #ports: WalkPorts;
  #waiting: Walk[] = [];
  #running: Promise<void> | undefined;
  #isRunning = false;
  #isClosed = false;

  constructor({
    saver,
    ask,
    rest = nextTurn,
  }: Omit<WalkPorts, 'rest'> & { readonly rest?: WalkPorts['rest'] | undefined }) {
    this.#ports = { saver, ask, rest };
  }

  /** Begins it when those before it have ended: at once where there are none and nothing has to be stored first. */
  add(walk: Walk): void {
    if (this.#isClosed) return;
    this.#waiting.push(walk);
    if (!this.#isRunning) this.#running = this.#run();
  }

  /** Those of which this is so go no further. */
  cancel(isUnwanted: (walk: Walk) => boolean): void {
    this.#waiting = this.#waiting.filter((walk) => !isUnwanted(walk));
  }

  /** Resolves once nobody is left to be asked. */
  async ended(): Promise<void> {
    while (this.#isRunning) await this.#running;
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let walk = this.#waiting[0]; walk !== undefined; walk = this.#waiting[0]) {
      const part = this.#goOn(walk);
      const asked = typeof part === 'number' ? part : await part;
      if (walk.cursor >= walk.last) this.cancel((each) => each === walk);
      else await (asked === 0 ? nextTurn() : this.#ports.rest(asked));
    }
    this.#isRunning = false;
  }

  /** One part. How far the walk has come is on the disk before anybody in it is asked, so that none is asked twice after a restart. */
  #goOn(walk: Walk): Promise<number> | number {
    const part = nextPart(walk);
    walk.store?.();
    const stored = part.length === 0 ? undefined : this.#ports.saver.durable();
    if (stored === undefined) return this.#ask(walk, part);
    return this.#untilStored(stored).then(() => this.#ask(walk, part));
  }

  #ask(walk: Walk, part: readonly TenantDevice[]): number {
    if (!this.#waiting.includes(walk)) return 0; // cancelled or closed meanwhile
    for (const device of part) {
      const woken = walk.isAsked(device) ? this.#ports.ask(device, walk.why) : undefined;
      if (woken !== undefined) walk.asked?.(device, woken);
    }
    if (part.length > 0) walk.store?.();
    return part.length;
  }

  /** While the disk takes nothing it is waited for. */
  async #untilStored(stored: Promise<void>): Promise<void> {
    for (let next: Promise<void> | undefined = stored; next !== undefined && !this.#isClosed; ) {
      try {
        return await next;
      } catch {
        await this.#ports.rest(mostAtOnce);
        next = this.#ports.saver.durable();
      }
    }
  }
}

function nextPart(walk: Walk): TenantDevice[] {
  const part: TenantDevice[] = [];
  let looked = 0;
  for (const device of walk.after(walk.cursor)) {
    if (device.record.sequence > walk.last) break;
    walk.cursor = device.record.sequence;
    if (walk.isAsked(device)) part.push(device);
    looked++;
    if (part.length >= mostAtOnce || looked >= mostLookedAt) return part;
  }
  walk.cursor = walk.last;
  return part;
}
