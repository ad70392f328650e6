// Equal lines of a log are said once, and then counted: a thousand refusals a second are one line and a number.
import type { Clock } from './clock.js';

type Values = Readonly<Record<string, unknown>>;

/** How equal lines are told. */
export interface RepeatsOptions {
  readonly clock: Clock;
  /** How long equal lines are counted before their number is told. Default 10 s. */
  readonly everyMs?: number;
}

/** Which lines are equal, beside their event and what tells it apart. */
interface Telling {
  /** Names of values that make two lines of one kind two lines all the same, such as the device's. Default: none. */
  readonly apart?: readonly string[];
  /** How many such lines of one kind are said by themselves; those beyond are counted together. Default 1. */
  readonly most?: number;
  /** How many kinds of one event are told apart at one time, such as paths at which nothing is; those beyond are one. Default 200. */
  readonly kinds?: number;
}

interface Counted {
  values: Values;
  repeated: number;
}

interface Kind {
  readonly event: string;
  /** Beyond those that are told apart: of its values those are said that all have. */
  readonly isMixed: boolean;
  /** Those that were said, by what sets them apart. */
  readonly said: Map<string, Counted>;
  /** Those beyond `most`. */
  readonly others: Counted;
  /** There were too many the last time, too: none is said by itself. */
  isBusy: boolean;
}

/** Kinds of lines that are told apart at one time; what comes beyond them is told apart by its event alone. */
const mostKinds = 200;
/** What makes two lines of one event equal: who sent it, which device it was about and the like do not. */
const telling: ReadonlySet<string> = new Set([
  'method',
  'path',
  'status',
  'reason',
  'during',
  'problem',
  'platform',
  'command',
  'about',
  'why',
  'authority',
]);

/**
 * Passes the first line of a kind on at once. Those that follow within the time are counted; then one line tells of the last of
 * them, with `repeated`, how many there were. `settle` tells what is still to be told.
 */
export class Repeats {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #say: (event: string, values: Values) => void;
  readonly #apart: ReadonlySet<string>;
  readonly #most: number;
  readonly #mostOfEvent: number;
  readonly #ofEvent = new Map<string, number>();
  readonly #kinds = new Map<string, Kind>();
  #cancel: (() => void) | undefined;

  constructor(
    { clock, everyMs = 10_000 }: RepeatsOptions,
    say: (event: string, values: Values) => void,
    { apart = [], most = 1, kinds = mostKinds }: Telling = {},
  ) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#say = say;
    this.#apart = new Set(apart);
    this.#most = most;
    this.#mostOfEvent = kinds;
  }

  tell(event: string, values: Values): void {
    const kind = this.#kindOf(event, values);
    if (kind.isMixed && kind.said.size > 0) count(kind.others, values, true);
    else if (kind.isBusy && kind.said.size === 0) count(kind.others, values, kind.isMixed);
    else this.#tellApart(kind, values);
    this.#cancel ??= this.#clock.after(this.#everyMs, () => this.#next());
  }

  #tellApart(kind: Kind, values: Values): void {
    const { event, said, others, isBusy } = kind;
    const who = keyOf('', this.#apart, values);
    const before = said.get(who);
    if (before !== undefined) count(before, values);
    else if (isBusy || said.size >= this.#most) count(others, values);
    else {
      said.set(who, { values, repeated: 0 });
      this.#say(event, values);
    }
  }

  settle(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    for (const kind of this.#kinds.values()) this.#tellCounted(kind);
    this.#kinds.clear();
    this.#ofEvent.clear();
  }

  #kindOf(event: string, values: Values): Kind {
    const own = keyOf(event, telling, values);
    const ofEvent = this.#ofEvent.get(event) ?? 0;
    const isApart = this.#kinds.has(own) || (this.#kinds.size < mostKinds && ofEvent < this.#mostOfEvent);
    const key = isApart ? own : event;
    let kind = this.#kinds.get(key);
    if (kind === undefined) {
      kind = { event, isMixed: !isApart, said: new Map(), others: { values, repeated: 0 }, isBusy: false };
      this.#kinds.set(key, kind);
      this.#ofEvent.set(event, ofEvent + 1);
    }
    return kind;
  }

  /** What was repeated goes on being counted; what was not is new when it comes again. */
  #next(): void {
    this.#cancel = undefined;
    for (const [key, kind] of this.#kinds) {
      const { said, others } = kind;
      kind.isBusy = others.repeated > this.#most || (kind.isBusy && others.repeated > 0);
      this.#tellCounted(kind);
      for (const [who, counted] of said) {
        if (counted.repeated === 0) said.delete(who);
        counted.repeated = 0;
      }
      others.repeated = 0;
      if (said.size === 0 && !kind.isBusy) this.#delete(key, kind);
    }
    if (this.#kinds.size > 0) this.#cancel = this.#clock.after(this.#everyMs, () => this.#next());
  }

  #delete(key: string, { event }: Kind): void {
    this.#kinds.delete(key);
    const left = (this.#ofEvent.get(event) ?? 1) - 1;
    if (left === 0) this.#ofEvent.delete(event);
    else this.#ofEvent.set(event, left);
  }

  #tellCounted({ event, said, others }: Kind): void {
    for (const { values, repeated } of said.values()) if (repeated > 0) this.#say(event, { ...values, repeated });
    if (others.repeated === 0) return;
    const common = Object.entries(others.values).filter(([name]) => telling.has(name));
    this.#say(event, { ...Object.fromEntries(common), repeated: others.repeated });
  }
}

/** `isMixed`: what they do not share is left out. */
function count(counted: Counted, values: Values, isMixed = false): void {
  const before = counted.values;
  const isShared = ([name, value]: [string, unknown]): boolean => before[name] === value;
  counted.values =
    isMixed && counted.repeated > 0 ? Object.fromEntries(Object.entries(values).filter(isShared)) : values;
  counted.repeated++;
}

const maxPart = 200;

/** Joined, and not stringified: this is done for every check-in. */
function keyOf(event: string, names: ReadonlySet<string>, values: Values): string {
  let key = event;
  for (const name in values) {
    if (!names.has(name)) continue;
    const value = values[name];
    const text = typeof value === 'string' ? value : String(value);
    key += `\0${name}=${text.length > maxPart ? text.slice(0, maxPart) : text}`;
  }
  const { error } = values;
  return error instanceof Error ? `${key}\0${error.message.slice(0, maxPart)}` : key;
}
