// What was asked of a program and what it acknowledged: after a crash everything acknowledged is there, once, in its last state.
import type { Answer } from './answers.js';

/** What is there, as somebody who asks sees it. */
export interface Observed {
  /** State by thing, such as `user ada@contoso.example` to `intune`. What is not listed is `absent`. */
  readonly values: ReadonlyMap<string, string>;
  /** Things that are there more than once. */
  readonly doubled: readonly string[];
  /** Things that may have been there and are forgotten by rule, by the beginning of their names. */
  readonly forgotten: readonly string[];
}

/** Something acknowledged that is not there, or is in another state. */
export interface Loss {
  readonly thing: string;
  readonly found: string;
  readonly expected: readonly string[];
}

export interface Attempt {
  /** The answer was received in full. */
  acknowledged(answer: Answer): void;
  /** It was refused before anything was changed. */
  refused(): void;
}

interface Entry {
  readonly value: string;
  answer: Answer | undefined;
}

export const absent = 'absent';

/**
 * The states that each thing was asked to take, in order. One is asked for at a time; what was asked for and not answered may have
 * come about or not.
 *
 * @example
 * const attempt = ledger.attempt('user ada@contoso.example', 'none');
 * const answer = await post('/v1.0/users', …);
 * attempt.acknowledged(answer);
 * ledger.losses(await look()); // after the crash
 */
export class Ledger {
  #things = new Map<string, Entry[]>();
  #acknowledged = 0;

  /** How many answers were received. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  attempt(thing: string, value: string): Attempt {
    const entries = this.#things.get(thing) ?? [];
    this.#things.set(thing, entries);
    const entry: Entry = { value, answer: undefined };
    entries.push(entry);
    return {
      acknowledged: (answer) => {
        entry.answer = answer;
        this.#acknowledged++;
      },
      refused: () => {
        entries.splice(entries.indexOf(entry), 1);
        if (entries.length === 0 && this.#things.get(thing) === entries) this.#things.delete(thing);
      },
    };
  }

  /** All things whose names begin so may take this state from now on, by themselves. */
  may(beginning: string, value: string): void {
    for (const [thing, entries] of this.#things)
      if (thing.startsWith(beginning)) entries.push({ value, answer: undefined });
  }

  /** What was there before anybody asked for anything. */
  holds({ values }: Observed): void {
    for (const [thing, value] of values) this.#things.set(thing, [{ value, answer: { port: 0, ns: 0n } }]);
  }

  /** What is not as acknowledged. `counts` says which answers had been given by then; default: all. */
  losses({ values, forgotten }: Observed, counts: (answer: Answer) => boolean = () => true): Loss[] {
    const losses: Loss[] = [];
    for (const [thing, entries] of this.#things) {
      const last = entries.findLastIndex(({ answer }) => answer !== undefined && counts(answer));
      const expected = entries.slice(Math.max(0, last)).map(({ value }) => value);
      if (last === -1) expected.push(absent);
      const found = values.get(thing) ?? absent;
      if (expected.includes(found)) continue;
      if (found === absent && forgotten.some((beginning) => thing.startsWith(beginning))) continue;
      losses.push({ thing, found, expected: [...new Set(expected)] });
    }
    return losses;
  }

  /** From now on what is there is what was acknowledged; what is absent is forgotten, and so is what `isOver`. */
  settle({ values }: Observed, isOver: (thing: string, value: string) => boolean = () => false): void {
    const now: Answer = { port: 0, ns: process.hrtime.bigint() };
    for (const thing of this.#things.keys()) {
      const value = values.get(thing);
      if (value === undefined || isOver(thing, value)) this.#things.delete(thing);
      else this.#things.set(thing, [{ value, answer: now }]);
    }
  }
}
