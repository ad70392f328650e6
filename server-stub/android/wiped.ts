// Numbers of devices that have confirmed to wipe themselves and are enrolled no more.
import { OldestFirst } from '../oldest-first.js';

/** As many are remembered, the newest; none over a restart. */
const mostNumbers = 10_000;

export interface WipedNumbers {
  has(number: string): boolean;
  add(number: string): void;
  /** A device of this number has enrolled. */
  delete(number: string): void;
}

export function createWiped(): WipedNumbers {
  const numbers = new OldestFirst();
  return {
    has: (number) => numbers.has(number),
    add(number) {
      numbers.delete(number);
      numbers.add(number);
      if (numbers.size > mostNumbers) numbers.take();
    },
    delete: (number) => void numbers.delete(number),
  };
}
