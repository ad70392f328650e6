// What is said of a property list that is refused, and where in it.
import type { RollcallError } from '../../base/errors.js';
import { protocolError } from '../errors.js';

/**
 * Hears what a device would have refused and was let pass. A reader that is given one takes what CoreFoundation refuses and
 * other readers take: docs/wire/apple-sources/plist.md lists what. The refusal is the error that would have been thrown.
 */
export type OnLifted = (refusal: RollcallError) => void;

/** Line and column of a byte, from 1, with the line ends that CoreFoundation counts; columns are counted in characters. */
export function placeOf(text: Uint8Array, at: number): { readonly line: number; readonly column: number } {
  let line = 1;
  let column = 1;
  for (let index = 0; index < at && index < text.length; index++) {
    const byte = text[index];
    if (byte === 0x0a || (byte === 0x0d && text[index + 1] !== 0x0a)) {
      line++;
      column = 1;
    } else if (((byte ?? 0) & 0xc0) !== 0x80) column++;
  }
  return { line, column };
}

/** PLIST_MALFORMED with the place: details `at` (byte offset in the text, its byte order mark not counted), `line`, `column`. */
export function malformedAt(what: string, text: Uint8Array, at: number): RollcallError {
  const { line, column } = placeOf(text, at);
  return protocolError('PLIST_MALFORMED', `${what} (line ${line}, column ${column})`, {
    details: { at, line, column },
  });
}

const mostTold = 20;

/** What a reader asks where CoreFoundation refuses and other readers go on. */
export class Strictness {
  readonly #onLifted: OnLifted | undefined;
  #lifted = 0;

  constructor(onLifted?: OnLifted) {
    this.#onLifted = onLifted;
  }

  get isLenient(): boolean {
    return this.#onLifted !== undefined;
  }

  /** Throws the refusal, or tells that it was lifted: of one list the first 20, each of which costs a look for its line. */
  lift(refusal: () => RollcallError): void {
    if (this.#onLifted === undefined) throw refusal();
    if (this.#lifted++ < mostTold) this.#onLifted(refusal());
  }
}
