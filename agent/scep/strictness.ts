// What a platform's client would have refused, and whether the user lets it pass.
import { isRollcallError, type RollcallError } from '../../base/errors.js';
import type { Happening } from '../model/happening.js';
import type { Leniency } from '../model/leniency.js';

export interface StrictnessOptions {
  /** With `scep` in it, what the rules refuse is taken where it can be, and told. Default: nothing is lifted. */
  readonly lenient?: ReadonlySet<Leniency> | undefined;
  /** Hears of what was lifted, and of what a server does against the standard without being refused for it. */
  readonly tell?: ((happening: Happening) => void) | undefined;
}

const lenient: Leniency = 'scep';

/** Judges by the rules first; where they refuse and the leniency is on, the loose way is taken. */
export class Strictness {
  readonly #options: StrictnessOptions;

  constructor(options: StrictnessOptions) {
    this.#options = options;
  }

  /** Throws what `strict` threw where nothing is lifted, else what `loose` throws. */
  judge<T>(strict: () => T, loose: () => T): T {
    try {
      return strict();
    } catch (error) {
      if (!this.#lifts(error)) throw error;
      const value = loose();
      this.#tellLifted(error);
      return value;
    }
  }

  /** A refusal that needs no other way to go on. */
  refuse(refusal: RollcallError): void {
    if (!this.#lifts(refusal)) throw refusal;
    this.#tellLifted(refusal);
  }

  /** The platform's client does not look here; a person should know. */
  note({ code, message, hint }: RollcallError): void {
    this.#options.tell?.({ type: 'trouble', code, message, hint });
  }

  #lifts(error: unknown): error is RollcallError {
    return isRollcallError(error, 'SCEP_FAILED') && this.#options.lenient?.has(lenient) === true;
  }

  #tellLifted({ code, message }: RollcallError): void {
    this.#options.tell?.({ type: 'lifted', lenient, code, message });
  }
}
