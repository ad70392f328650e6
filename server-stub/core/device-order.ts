import type { TenantDevice } from './device-state.js';

/** Places of devices that left are closed up when they are as many as those in use, and more than these. */
const fewGaps = 256;

/**
 * The devices in the order of their enrollment, by their `sequence`. A reader may go through them while devices come and go, and go
 * on later from any sequence: it meets each that stays once.
 */
export class DeviceOrder {
  #places: (TenantDevice | undefined)[] = [];
  #sequences: number[] = [];
  #gaps = 0;
  #last = 0;
  /** Grows when places are closed up: what was a place before is another one now. */
  #generation = 0;

  /** The sequence of the next device that enrolls. */
  get next(): number {
    return this.#last + 1;
  }

  /** The greatest sequence that a device ever had. */
  get last(): number {
    return this.#last;
  }

  /** Devices had sequences up to this one, and may have left since: none of them is given again. */
  continueAfter(last: number): void {
    this.#last = Math.max(this.#last, last);
  }

  get size(): number {
    return this.#places.length - this.#gaps;
  }

  put(device: TenantDevice): void {
    const { sequence } = device.record;
    const at = this.#firstFrom(sequence);
    this.#last = Math.max(this.#last, sequence);
    if (this.#sequences[at] !== sequence) {
      this.#sequences.splice(at, 0, sequence); // at the end, but for a device that is enrolled again after its place was closed up
      this.#places.splice(at, 0, device);
      if (at < this.#places.length - 1) this.#generation++;
      return;
    }
    if (this.#places[at] === undefined) this.#gaps--;
    this.#places[at] = device;
  }

  drop({ record }: TenantDevice): void {
    const at = this.#firstFrom(record.sequence);
    if (this.#sequences[at] !== record.sequence || this.#places[at] === undefined) return;
    this.#places[at] = undefined;
    this.#gaps++;
    if (this.#gaps > fewGaps && this.#gaps * 2 > this.#places.length) this.#closeUp();
  }

  /** Those whose sequence is greater, in order. */
  *after(sequence: number): Generator<TenantDevice> {
    let last = sequence;
    let generation = this.#generation;
    let at = this.#firstFrom(last + 1);
    for (;;) {
      if (generation !== this.#generation) {
        generation = this.#generation;
        at = this.#firstFrom(last + 1);
      }
      if (at >= this.#places.length) return;
      last = this.#sequences[at] ?? last;
      const device = this.#places[at++];
      if (device !== undefined) yield device;
    }
  }

  /** The first place whose sequence is this one or greater. */
  #firstFrom(sequence: number): number {
    let [low, high] = [0, this.#sequences.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sequences[middle] ?? 0) < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #closeUp(): void {
    const isUsed = (_: unknown, at: number): boolean => this.#places[at] !== undefined;
    this.#sequences = this.#sequences.filter(isUsed);
    this.#places = this.#places.filter(isUsed);
    this.#gaps = 0;
    this.#generation++;
  }
}
