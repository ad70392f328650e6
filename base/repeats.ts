// Equal lines of a log are said once, and then counted: a thousand refusals a second are one line and a number.
import type { Clock } from './clock.js';

type Values = Readonly<Record<string, unknown>>;

/** How equal lines are told. */
export interface RepeatsOptions {
  readonly clock: Clock;
  /** How long equal lines are counted before their number is told. Default 10 s. */
  readonly everyMs?: number;
}

interface Counted {
  readonly event: string;
  values: Values;
  repeated: number;
}

/** Kinds of lines that are told apart at one time; what comes beyond them is told apart by its event alone. */
const mostKinds = 200;
/** What makes two lines of one event equal: who sent it, which device it was about and the like do not. */
const telling = ['method', 'path', 'status', 'reason', 'during', 'problem'] as const;

/**
 * Passes the first line of a kind on at once. Those that follow within the time are counted; then one line tells of the last of
 * them, with `repeated`, how many there were. `settle` tells what is still to be told.
 */
export class Repeats {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #say: (event: string, values: Values) => void;
  readonly #kinds = new Map<string, Counted>();
  #cancel: (() => void) | undefined;

  constructor({ clock, everyMs = 10_000 }: RepeatsOptions, say: (event: string, values: Values) => void) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#say = say;
  }

  tell(event: string, values: Values): void {
    const own = kindOf(event, values);
    const kind = this.#kinds.size < mostKinds || this.#kinds.has(own) ? own : event;
    const before = this.#kinds.get(kind);
    if (before !== undefined) {
      before.values = values;
      before.repeated++;
      return;
    }
    this.#kinds.set(kind, { event, values, repeated: 0 });
    this.#say(event, values);
    this.#cancel ??= this.#clock.after(this.#everyMs, () => this.#next());
  }

  settle(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    for (const { event, values, repeated } of this.#kinds.values())
      if (repeated > 0) this.#say(event, { ...values, repeated });
    this.#kinds.clear();
  }

  /** What was repeated goes on being counted; what was not is new when it comes again. */
  #next(): void {
    this.#cancel = undefined;
    for (const [kind, counted] of this.#kinds) {
      const { event, values, repeated } = counted;
      if (repeated === 0) this.#kinds.delete(kind);
      else this.#say(event, { ...values, repeated });
      counted.repeated = 0;
    }
    if (this.#kinds.size > 0) this.#cancel = this.#clock.after(this.#everyMs, () => this.#next());
  }
}

function kindOf(event: string, values: Values): string {
  const parts: unknown[] = telling.map((key) => values[key]);
  const { error } = values;
  if (error instanceof Error) parts.push(error.message);
  return JSON.stringify([
    event,
    ...parts.map((part) => (typeof part === 'string' ? part.slice(0, 200) : String(part))),
  ]);
}
