import { protocolError } from '../errors.js';

const [lt, amp, slash, semicolon] = [0x3c, 0x26, 0x2f, 0x3b];
const entities = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

const malformed = (what: string, at: number): Error =>
  protocolError('PLIST_MALFORMED', `${what} at byte ${at}`, { details: { at } });

/** The offset behind the next `end`, searched from `from`. */
export function skipPast(bytes: Buffer, from: number, end: string | number): number {
  const found = bytes.indexOf(end, from);
  if (found === -1) throw malformed('something begins and does not end', from);
  return found + (typeof end === 'number' ? 1 : end.length);
}

/** The offset behind `<!DOCTYPE ...>`. An internal subset is refused: it is where entities are declared. */
export function skipDoctype(bytes: Buffer, from: number): number {
  if (bytes.toString('latin1', from, from + 9) !== '<!DOCTYPE') throw malformed('an unknown declaration', from);
  for (let at = from + 9; ; at++) {
    const byte = bytes[at];
    if (byte === 0x3e) return at + 1;
    if (byte === 0x5b) throw malformed('the DOCTYPE declares entities or elements of its own', at);
    if (byte === undefined || byte === lt) throw malformed('the DOCTYPE does not end', at);
    if (byte === 0x22 || byte === 0x27) at = skipPast(bytes, at + 1, byte) - 1;
  }
}

/** XML 1.0 §2.11: a line end is one line feed, whatever it was. */
const lineFeeds = (text: string): string => text.replace(/\r\n?/g, '\n');

/** Reads the character data of one element: text, references, CDATA; comments and instructions in it are skipped. */
export class XmlText {
  readonly #bytes: Buffer;

  /** Where the last `read` stopped: at the `<` of a close tag. */
  end = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  read(from: number): string {
    const bytes = this.#bytes;
    const text = this.#run(from);
    return bytes[this.end] === lt && bytes[this.end + 1] === slash ? text : this.#mixed(text);
  }

  /** Plain text up to the first `<`, `&`, control character or end. */
  #run(from: number): string {
    const bytes = this.#bytes;
    let at = from;
    let bits = 0;
    let returns = false;
    for (; ; at++) {
      const byte = bytes[at] ?? 0;
      if (byte < 0x20) {
        if (byte === 0x0d) returns = true;
        else if (byte !== 0x0a && byte !== 0x09) break;
      } else if (byte === lt || byte === amp) break;
      bits |= byte;
    }
    this.end = at;
    if (at === from) return '';
    const text = bytes.toString(bits < 0x80 ? 'latin1' : 'utf8', from, at);
    return returns ? lineFeeds(text) : text;
  }

  #mixed(begun: string): string {
    const bytes = this.#bytes;
    let text = begun;
    for (;;) {
      const at = this.end;
      switch (bytes[at]) {
        case lt:
          if (bytes[at + 1] === slash) return text;
          text += this.#markup(at);
          break;
        case amp:
          text += this.#reference(at);
          break;
        case undefined:
          throw malformed('the property list ends within text', at);
        default:
          throw malformed('a control character in text', at);
      }
      text += this.#run(this.end);
    }
  }

  #markup(at: number): string {
    const bytes = this.#bytes;
    const opening = bytes.toString('latin1', at, at + 9);
    if (opening === '<![CDATA[') {
      this.end = skipPast(bytes, at + 9, ']]>');
      const text = bytes.toString('utf8', at + 9, this.end - 3);
      if (/[\0-\x08\x0b\x0c\x0e-\x1f]/.test(text)) throw malformed('a control character in CDATA', at);
      return lineFeeds(text);
    }
    if (opening.startsWith('<!--')) this.end = skipPast(bytes, at + 4, '-->');
    else if (opening.startsWith('<?')) this.end = skipPast(bytes, at + 2, '?>');
    else throw malformed('an element stands within text', at);
    return '';
  }

  /** One of the five predefined entities, or a numeric reference to a character XML allows. */
  #reference(at: number): string {
    const bytes = this.#bytes;
    if (bytes[at + 1] === 0x23) return this.#character(at);
    let end = at + 1;
    while (end < at + 6 && bytes[end] !== semicolon) end++;
    const text = entities.get(bytes.toString('latin1', at + 1, end));
    if (text === undefined || bytes[end] !== semicolon)
      throw malformed('an entity that property lists do not have', at);
    this.end = end + 1;
    return text;
  }

  #character(from: number): string {
    const hex = this.#bytes[from + 2] === 0x78;
    const first = from + (hex ? 3 : 2);
    let code = 0;
    let at = first;
    for (; this.#bytes[at] !== semicolon; at++) {
      const digit = digitOf(this.#bytes[at] ?? 0);
      if (digit >= (hex ? 16 : 10)) throw malformed('a character reference is not a number', from);
      code = code * (hex ? 16 : 10) + digit;
      if (code > 0x10ffff) throw malformed('a character reference beyond Unicode', from);
    }
    if (at === first || !isXmlCharacter(code)) throw malformed('a reference to a character XML does not have', from);
    this.end = at + 1;
    return String.fromCodePoint(code);
  }
}

function digitOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : 99;
}

/** XML 1.0 §2.2, production Char. */
const isXmlCharacter = (code: number): boolean =>
  code < 0x20
    ? code === 0x09 || code === 0x0a || code === 0x0d
    : code < 0xd800 || (code > 0xdfff && code !== 0xfffe && code !== 0xffff);
