import type { DeviceEvent } from '../../agent/index.js';
import type { RollcallError } from '../../base/errors.js';
import type { fleetCatalogue } from '../errors.js';
import type { Delta } from './delta.js';

/** Something that devices told of, how often, and the first of its kind in words. */
export interface ToldFigure {
  /** A command's name, or an error code. */
  readonly what: string;
  readonly count: number;
  readonly sample: string;
}

/** What the devices of a run told beside their failures: nobody looks at thousands of consoles. Most frequent first. */
export interface ToldFigures {
  /** Commands that were answered with an error. */
  readonly refused: readonly ToldFigure[];
  /** Commands that were put off. */
  readonly later: readonly ToldFigure[];
  /** What went wrong and ended nothing. */
  readonly trouble: readonly ToldFigure[];
  /** What the protocol has no word for, and was done by convention: no trouble, and the same at each device. */
  readonly conventions: readonly ToldFigure[];
  /** What real devices would have refused, and `lenient` let pass. */
  readonly lifted: readonly ToldFigure[];
}

export const toldKinds = ['refused', 'later', 'trouble', 'conventions', 'lifted'] as const;

interface Counted {
  count: number;
  readonly sample: string;
  isTold: boolean;
}

const longestSample = 500;

/** Kinds that are told apart; an authority may invent names without end. */
const mostKinds = 200;

/** Nothing asked for it: an authority does so to who has not come back in time, too. */
const removedByAuthority: keyof typeof fleetCatalogue = 'DEVICE_REMOVED';

/** Counts what devices tell. Of `embedded`, the address of a stub that was started for the run, its CA is no trouble. */
export class ToldRecorder {
  readonly #embedded: string | undefined;
  readonly #expectsRemovals: boolean;
  readonly #kinds = {
    refused: new Map<string, Counted>(),
    later: new Map<string, Counted>(),
    trouble: new Map<string, Counted>(),
    conventions: new Map<string, Counted>(),
    lifted: new Map<string, Counted>(),
  };

  /** `expectsRemovals`: a step of the run has the authority end enrollments. Default: false, and each that it ends is told. */
  constructor(embedded?: string, expectsRemovals = false) {
    this.#embedded = embedded;
    this.#expectsRemovals = expectsRemovals;
  }

  /** To be given to devices as their listener. */
  readonly hear = (event: DeviceEvent): void => {
    switch (event.type) {
      case 'command':
        if (event.status === 'failed') this.#count('refused', event.name, () => why(event));
        if (event.status === 'later') this.#count('later', event.name, () => why(event));
        break;
      case 'trouble':
        if (event.code === 'TLS_UNTRUSTED' && event.about === this.#embedded) break;
        if (event.isConvention === true)
          this.#count('conventions', `${event.code} (${event.about ?? ''})`, () => event.message);
        else this.#count('trouble', event.code, () => event.message);
        break;
      case 'checked-in':
        if (event.report.left !== undefined && !this.#expectsRemovals)
          this.#count('trouble', removedByAuthority, () => `the authority ended the enrollment: ${event.report.left}`);
        break;
      case 'lifted':
        this.#count('lifted', `${event.code} (${event.lenient})`, () => event.message);
        break;
    }
  };

  /** A device that was packed is not woken any more, for now or for good. */
  readonly hearLost = ({ code, message }: RollcallError): void => this.#count('trouble', code, () => message);

  figures(): ToldFigures {
    const { refused, later, trouble, conventions, lifted } = this.#kinds;
    return {
      refused: listed(refused),
      later: listed(later),
      trouble: listed(trouble),
      conventions: listed(conventions),
      lifted: listed(lifted),
    };
  }

  /** What was told since the last call. The words of a kind are told once. */
  take(): Delta['told'] {
    const taken: Delta['told'][number][] = [];
    for (const kind of toldKinds)
      for (const [what, counted] of this.#kinds[kind]) {
        if (counted.count === 0) continue;
        taken.push({ kind, what, count: counted.count, ...(counted.isTold ? {} : { sample: counted.sample }) });
        counted.count = 0;
        counted.isTold = true;
      }
    return taken;
  }

  #count(kind: keyof ToldFigures, name: string, sample: () => string): void {
    const counts = this.#kinds[kind];
    const what = counts.size < mostKinds || counts.has(name) ? name : 'others';
    const before = counts.get(what);
    if (before === undefined) counts.set(what, { count: 1, sample: sample().slice(0, longestSample), isTold: false });
    else before.count++;
  }
}

function why({ reason, said, error = [] }: Extract<DeviceEvent, { type: 'command' }>): string {
  const chain = error.map(({ domain, code, message }) => `${domain} ${code}: ${message}`).join(' <- ');
  return reason ?? (chain === '' ? said : chain);
}

const listed = (counts: ReadonlyMap<string, { readonly count: number; readonly sample: string }>): ToldFigure[] =>
  [...counts]
    .map(([what, { count, sample }]) => ({ what, count, sample }))
    .sort((one, other) => other.count - one.count || (one.what < other.what ? -1 : 1));
