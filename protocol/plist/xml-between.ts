// What stands before and between the elements of an XML property list, and is passed over (CFPropertyList.c).
import { malformedAt } from './refusal.js';
import { skipPast } from './xml-text.js';

const [lt, bang, question, dash] = [0x3c, 0x21, 0x3f, 0x2d];

export const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x09 || byte === 0x0d;

/** The offset of the first element: white space, comments, instructions and DOCTYPEs may stand before it. Throws PLIST_MALFORMED. */
export function skipProlog(bytes: Buffer): number {
  for (let at = 0; ; ) {
    while (isSpace(bytes[at])) at++;
    if (at + 1 >= bytes.length) throw malformedAt('there is no element', bytes, at);
    if (bytes[at] !== lt) throw malformedAt('it does not begin with an element', bytes, at);
    const next = bytes[at + 1];
    if (next === question) at = skipPast(bytes, at + 2, '?>');
    else if (next !== bang) return at;
    else if (bytes[at + 2] === dash && bytes[at + 3] === dash)
      at = skipPast(bytes, at + 5, '-->'); // CoreFoundation passes one character over here: <!----> does not end
    else at = skipDoctype(bytes, at);
  }
}

/** The offset behind white space, comments and processing instructions. Throws PLIST_MALFORMED. */
export function skipBetween(bytes: Buffer, from: number): number {
  for (let at = from; ; ) {
    while (isSpace(bytes[at])) at++;
    if (bytes[at] !== lt) return at;
    const next = bytes[at + 1];
    if (next === question) at = skipPast(bytes, at + 2, '?>');
    else if (next === bang) {
      if (bytes[at + 2] !== dash || bytes[at + 3] !== dash)
        throw malformedAt('a declaration or CDATA stands where an element belongs', bytes, at);
      at = skipPast(bytes, at + 4, '-->');
    } else return at;
  }
}

/**
 * The offset behind `<!DOCTYPE ...>`: the first `>`, in quotes or not. An internal subset is refused, as CoreFoundation of
 * today does: it is where entities are declared.
 */
function skipDoctype(bytes: Buffer, from: number): number {
  if (bytes.toString('latin1', from, from + 9) !== '<!DOCTYPE')
    throw malformedAt('a declaration that is no DOCTYPE', bytes, from);
  for (let at = from + 9; ; at++) {
    const byte = bytes[at];
    if (byte === 0x3e) return at + 1;
    if (byte === 0x5b) throw malformedAt('the DOCTYPE has an internal subset, which is not read', bytes, at);
    if (byte === undefined) throw malformedAt('the DOCTYPE does not end', bytes, from);
  }
}
