// The newest lines of devices' logs, for who looks for a fault. They are kept in memory alone: a server of the protocol keeps them
// for days, and nobody's state hangs on them.
import type { LogItem } from '../../protocol/headwind/types.js';
import { OldestFirst } from '../oldest-first.js';

interface LogLimits {
  /** Of one device. */
  readonly lines: number;
  /** Of all devices: the device that wrote the longest time ago loses its lines first. */
  readonly allLines: number;
  /** Characters of a message. */
  readonly message: number;
}

const defaults: LogLimits = { lines: 200, allLines: 200_000, message: 1000 };

export class DeviceLogs {
  readonly #limits: LogLimits;
  readonly #lines = new Map<string, LogItem[]>();
  readonly #writers = new OldestFirst();
  #count = 0;

  constructor(limits: Partial<LogLimits> = {}) {
    this.#limits = { ...defaults, ...limits };
  }

  add(deviceId: string, items: readonly LogItem[]): void {
    if (items.length === 0) return;
    const { lines, allLines, message } = this.#limits;
    const cut = items.slice(-lines).map((item) => ({ ...item, message: item.message.slice(0, message) }));
    const before = this.#lines.get(deviceId) ?? [];
    const now = [...before, ...cut].slice(-lines);
    this.#lines.set(deviceId, now);
    this.#count += now.length - before.length;
    this.#writers.delete(deviceId);
    this.#writers.add(deviceId);
    while (this.#count > allLines && this.#writers.size > 1) this.drop(this.#writers.take() ?? '');
  }

  /** In the order in which they came. */
  of(deviceId: string): readonly LogItem[] {
    return this.#lines.get(deviceId) ?? [];
  }

  drop(deviceId: string): void {
    this.#count -= this.of(deviceId).length;
    this.#lines.delete(deviceId);
    this.#writers.delete(deviceId);
  }
}
