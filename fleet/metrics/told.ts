import type { DeviceEvent } from '../../agent/index.js';
import type { RollcallError } from '../../base/errors.js';
import type { fleetCatalogue } from '../errors.js';
import type { Delta } from './delta.js';

/**
 * What the devices of a run tell beside their failures, since nobody looks at thousands of consoles: commands that were answered with an
 * error, and that were put off; what went wrong and ended nothing; what the protocol has no word for, and was done by convention; what
 * real devices would have refused, and `lenient` let pass.
 */
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
      case 'local-act':
        if (event.command.kind === 'retire' && !this.#expectsRemovals)
          this.#count(
            'trouble',
            removedByAuthority,
            () => 'the device ended the enrollment by its own clock (lost contact)',
          );
        break;
      case 'lifted':
        this.#count('lifted', `${event.code} (${event.lenient})`, () => event.message);
        break;
    }
  };

  /** A device that was packed is not woken any more, for now or for good. */
  readonly hearLost = ({ code, message }: RollcallError): void => this.#count('trouble', code, () => message);

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

  #count(kind: (typeof toldKinds)[number], name: string, sample: () => string): void {
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
