import { Cell, type Taken } from './cell.js';
import type { Delta, Health } from './delta.js';
import { keyOf, type Window, windowName } from './key.js';
import type { Sink, StepCounter, Subject, WireCounter } from './sink.js';
import { ToldRecorder } from './told.js';

/** A part of the time that a threshold asks for: of a step, of an operation, or of every step (`name` empty). */
export interface AskedWindow extends Window {
  readonly name: string;
}

interface RecorderOptions {
  /** Real milliseconds since the run began, with fractions. */
  readonly elapsed: () => number;
  /** Those that the run's thresholds ask for (`windowsOf` of fleet/metrics/demands.ts). Default: none. */
  readonly windows?: readonly AskedWindow[];
  /** The address of a stub that was started for the run: that its CA is not trusted is no trouble. */
  readonly embedded?: string;
  /** A step of the run has the authority end enrollments: that it does so is no trouble. */
  readonly expectsRemovals?: boolean;
}

const longestWords = 500;

/**
 * What one engine measures. A call finds its counters by the names of its subject and adds to them; nothing is made for a call but
 * where a subject or an error code is new.
 *
 * @example
 * const recorder = new Recorder({ elapsed: () => monotonicMs() - began, windows: windowsOf(plan) });
 * recorder.passed({ step: 'enroll', platform: 'ios' }, 120.5, 100.25, 3000);
 * channel.post({ type: 'delta', seq: ++seq, delta: recorder.take({ scenarioMs, phase, health }) });
 */
export class Recorder implements Sink {
  /** What devices tell: `told.hear` is to be their listener. */
  readonly told: ToldRecorder;
  readonly #elapsed: () => number;
  readonly #windows: readonly AskedWindow[];
  /** By step, platform and operation. */
  readonly #cells = new Map<string, Map<string, Map<string, Cell>>>();
  readonly #wordsTold = new Set<string>();
  /** What was asked for last: what is counted of one exchange is of one subject. */
  #last: { readonly subject: Subject; readonly cell: Cell } | undefined;
  #touched: Cell[] = [];
  #words: Record<string, string> = {};

  constructor({ elapsed, windows = [], embedded, expectsRemovals }: RecorderOptions) {
    this.#elapsed = elapsed;
    this.#windows = windows;
    this.told = new ToldRecorder(embedded, expectsRemovals);
  }

  passed(subject: Subject, responseMs: number, serviceMs: number, ageMs: number): void {
    const now = this.#elapsed();
    const cell = this.#cellOf(subject);
    this.#pass(cell, responseMs, serviceMs, now);
    for (const part of cell.windows) if (isIn(part, ageMs)) this.#pass(part.cell, responseMs, serviceMs, now);
  }

  failed(subject: Subject, code: string, words: string, ageMs: number): void {
    const now = this.#elapsed();
    const cell = this.#cellOf(subject);
    const kept = this.#fail(cell, code, now);
    for (const part of cell.windows) if (isIn(part, ageMs)) this.#fail(part.cell, code, now);
    this.#tell(`${cell.key} error:${kept}`, words);
  }

  count(subject: Subject, counter: StepCounter | WireCounter, by: number, ageMs: number): void {
    const cell = this.#cellOf(subject);
    this.#touch(cell).count(counter, by);
    for (const part of cell.windows) if (isIn(part, ageMs)) this.#touch(part.cell).count(counter, by);
  }

  operation(subject: Subject, serviceMs: number, ageMs: number, code?: string): void {
    const now = this.#elapsed();
    const cell = this.#cellOf(subject);
    this.#end(cell, serviceMs, now, code);
    for (const part of cell.windows) if (isIn(part, ageMs)) this.#end(part.cell, serviceMs, now, code);
  }

  lasted(subject: Subject, scenarioMs: number, ageMs: number): void {
    const cell = this.#cellOf(subject);
    this.#touch(cell).time('scenario', scenarioMs);
    for (const part of cell.windows) if (isIn(part, ageMs)) this.#touch(part.cell).time('scenario', scenarioMs);
  }

  /** What was measured since the last call; deltas of any number of recorders add up to the same whatever their order. */
  take(at: { readonly scenarioMs: number; readonly phase: number; readonly health: Health }): Delta {
    const taken: Taken = { counters: {}, samples: {}, maxima: {} };
    for (const cell of this.#touched) cell.take(taken);
    this.#touched = [];
    const words = this.#words;
    this.#words = {};
    return { atMs: this.#elapsed(), ...at, ...taken, words, told: this.told.take() };
  }

  #pass(cell: Cell, responseMs: number, serviceMs: number, now: number): void {
    const touched = this.#touch(cell);
    touched.pass();
    touched.time('response', responseMs * 1000);
    touched.time('service', serviceMs * 1000);
    touched.span(now - serviceMs, now);
  }

  #fail(cell: Cell, code: string, now: number): string {
    const touched = this.#touch(cell);
    touched.span(now, now);
    return touched.fail(code);
  }

  #end(cell: Cell, serviceMs: number, now: number, code: string | undefined): void {
    const touched = this.#touch(cell);
    touched.span(now - serviceMs, now);
    if (code === undefined) {
      touched.pass();
      touched.time('service', serviceMs * 1000);
    } else touched.fail(code);
  }

  #tell(key: string, words: string): void {
    if (this.#wordsTold.has(key)) return;
    this.#wordsTold.add(key);
    this.#words[key] = words.slice(0, longestWords);
  }

  #touch(cell: Cell): Cell {
    if (!cell.isTouched) {
      cell.isTouched = true;
      this.#touched.push(cell);
    }
    return cell;
  }

  #cellOf(subject: Subject): Cell {
    if (this.#last?.subject === subject) return this.#last.cell;
    const cell = this.#cellNamed(subject);
    this.#last = { subject, cell };
    return cell;
  }

  #cellNamed({ step, platform, operation = '' }: Subject): Cell {
    let platforms = this.#cells.get(step);
    if (platforms === undefined) {
      platforms = new Map();
      this.#cells.set(step, platforms);
    }
    let operations = platforms.get(platform);
    if (operations === undefined) {
      operations = new Map();
      platforms.set(platform, operations);
    }
    let cell = operations.get(operation);
    if (cell === undefined) {
      cell = this.#newCell(step, platform, operation);
      operations.set(operation, cell);
    }
    return cell;
  }

  #newCell(step: string, platform: string, operation: string): Cell {
    const wanted = new Map<string, Window>();
    for (const asked of this.#windows)
      if (asked.name === '' || asked.name === step || asked.name === operation) wanted.set(windowName(asked), asked);
    wanted.delete('');
    const windows = [...wanted].map(([window, { afterMs, withinMs }]) => ({
      afterMs,
      withinMs,
      cell: new Cell(keyOf({ step, platform, operation, window }), []),
    }));
    return new Cell(keyOf({ step, platform, operation, window: '' }), windows);
  }
}

const isIn = ({ afterMs, withinMs }: Window, ageMs: number): boolean => ageMs >= afterMs && ageMs <= withinMs;
