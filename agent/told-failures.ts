// A server that is away for a night fails a device each minute: that is told once, and then counted.
import { describeEvent } from './describe-event.js';
import type { DeviceEvent } from './device-types.js';

/** What does not end a row of equal failures: it may stand between two of them. */
const between: ReadonlySet<DeviceEvent['type']> = new Set(['woken', 'check-in', 'trouble']);

const timeLength = '00:00:00'.length;

/** A text for a person, and the event that it is of. */
interface Said {
  readonly text: string;
  readonly event: DeviceEvent;
}

const said = (event: DeviceEvent): Said => ({ text: describeEvent(event), event });

/**
 * Which events a person is told, and in which words: of failures that are equal the first, then the tenth, the hundredth and so
 * on with their number, and at the end how many there were. The attempts that lead to them are not told either.
 */
export class ToldFailures {
  #last: string | undefined;
  #count = 0;
  #attempt: DeviceEvent | undefined;

  /** The texts to show now: none, one or several. */
  of(event: DeviceEvent): readonly Said[] {
    if (event.type === 'failed') return this.#failed(said(event));
    if (event.type === 'check-in' && this.#last !== undefined && event.reason !== 'by-hand') {
      this.#attempt = event;
      return [];
    }
    if (between.has(event.type)) return [said(event)];
    return [...this.#ended(event), said(event)];
  }

  #failed(failure: Said): readonly Said[] {
    const what = failure.text.slice(timeLength);
    if (what !== this.#last) {
      const before = this.#ended(failure.event);
      this.#last = what;
      this.#count = 1;
      return [...before, failure];
    }
    this.#attempt = undefined;
    this.#count++;
    if (!/^10+$/.test(String(this.#count))) return [];
    const [head = ''] = failure.text.split('\n');
    return [{ ...failure, text: `${head} (${this.#count} times so far)` }];
  }

  /** What is to be said before this event, which ends a row of equal failures. */
  #ended(event: DeviceEvent): readonly Said[] {
    const time = new Date(event.at).toISOString().slice(11, 19);
    const many = this.#count > 1 ? [{ text: `${time} it had failed so ${this.#count} times`, event }] : [];
    const attempt = this.#attempt === undefined ? [] : [said(this.#attempt)];
    this.#attempt = undefined;
    this.#last = undefined;
    this.#count = 0;
    return [...many, ...attempt];
  }
}
