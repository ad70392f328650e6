// The character data of an element as CoreFoundation reads it (CFPropertyList.c: parseStringTag, parseCDSect_pl,
// parseEntityReference_pl): text, references and CDATA. Control characters and line ends are kept as they are.
import { isUtf8 } from 'node:buffer';
import { malformedAt, Strictness } from './refusal.js';

const [lt, amp, bang, slash, question, semicolon] = [0x3c, 0x26, 0x21, 0x2f, 0x3f, 0x3b];
const entities = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** The offset behind the next `end`, searched from `from`. */
export function skipPast(bytes: Buffer, from: number, end: string): number {
  const found = bytes.indexOf(end, from);
  if (found === -1) throw malformedAt('something begins and does not end', bytes, from);
  return found + end.length;
}

/** Reads the content of one text element after the other. */
export class XmlText {
  readonly #bytes: Buffer;
  readonly #isUtf8: boolean;
  readonly #strictness: Strictness;

  /** Where the last `read` stopped: at a `<` that is no CDATA. */
  end = 0;

  constructor(bytes: Buffer, strictness = new Strictness()) {
    this.#bytes = bytes;
    this.#isUtf8 = isUtf8(bytes);
    this.#strictness = strictness;
  }

  read(from: number): string {
    const bytes = this.#bytes;
    const text = this.#run(from);
    return bytes[this.end] === lt && bytes[this.end + 1] === slash ? text : this.#mixed(text);
  }

  /** Plain text up to the first `<`, `&` or the end. */
  #run(from: number): string {
    const bytes = this.#bytes;
    const { length } = bytes;
    let at = from;
    let bits = 0;
    for (; at < length; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === lt || byte === amp) break;
      bits |= byte;
    }
    this.end = at;
    if (at === from) return '';
    return bits < 0x80 ? bytes.toString('latin1', from, at) : this.#decode(from, at);
  }

  #decode(from: number, to: number): string {
    const text = this.#isUtf8 ? this.#bytes.toString('utf8', from, to) : decodeUtf8(this.#bytes.subarray(from, to));
    if (text === undefined) throw malformedAt('text that is not UTF-8', this.#bytes, from);
    return text;
  }

  #mixed(begun: string): string {
    const bytes = this.#bytes;
    let text = begun;
    for (;;) {
      const at = this.end;
      switch (bytes[at]) {
        case lt:
          if (bytes[at + 1] === bang) text += this.#section(at);
          else if (bytes[at + 1] === question && this.#strictness.isLenient) this.#pass(at, '?>');
          else return text;
          break;
        case amp:
          text += this.#reference(at);
          break;
        default:
          throw malformedAt('the property list ends within text', bytes, at);
      }
      text += this.#run(this.end);
    }
  }

  #section(at: number): string {
    const bytes = this.#bytes;
    const opening = bytes.toString('latin1', at, at + 9);
    if (opening === '<![CDATA[') {
      this.end = skipPast(bytes, at + 9, ']]>');
      return this.#decode(at + 9, this.end - 3);
    }
    if (!opening.startsWith('<!--')) throw malformedAt('a declaration within text', bytes, at);
    this.#pass(at, '-->');
    return '';
  }

  /** A comment or an instruction within text: CoreFoundation reads neither. */
  #pass(at: number, end: string): void {
    const what = end === '-->' ? 'a comment' : 'a processing instruction';
    this.#strictness.lift(() =>
      malformedAt(`${what} within text, which CoreFoundation does not read`, this.#bytes, at),
    );
    this.end = skipPast(this.#bytes, at + 2, end);
  }

  /** One of the five predefined entities, or a numeric reference. */
  #reference(at: number): string {
    const bytes = this.#bytes;
    if (bytes[at + 1] === 0x23) return this.#character(at);
    let end = at + 1;
    while (end < at + 6 && bytes[end] !== semicolon) end++;
    const text = entities.get(bytes.toString('latin1', at + 1, end));
    if (text === undefined || bytes[end] !== semicolon)
      throw malformedAt('an entity that property lists do not have', bytes, at);
    this.end = end + 1;
    return text;
  }

  /** At most eight digits, leading zeros counted; none at all are U+0000, as CoreFoundation has it. */
  #character(from: number): string {
    const bytes = this.#bytes;
    const isHex = bytes[from + 2] === 0x78;
    const first = from + (isHex ? 3 : 2);
    let code = 0;
    let at = first;
    for (; bytes[at] !== semicolon; at++) {
      const digit = digitOf(bytes[at] ?? 0);
      if (digit >= (isHex ? 16 : 10)) throw malformedAt('a character reference is not a number', bytes, from);
      if (at - first === 8) throw malformedAt('a character reference has more than eight digits', bytes, from);
      code = code * (isHex ? 16 : 10) + digit;
    }
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
      throw malformedAt('a reference to a character that Unicode does not have', bytes, from);
    this.end = at + 1;
    return String.fromCodePoint(code);
  }
}

function digitOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : 99;
}

/** Strict UTF-8, but for a lone 0xA9 (© of ISO-8859-1), which CoreFoundation takes as U+FFFD (CFBuiltinConverters.c: __CFFromUTF8). */
export function decodeUtf8(bytes: Buffer): string | undefined {
  let text = '';
  let from = 0;
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at] ?? 0;
    if (byte === 0xa9) {
      text += `${bytes.toString('utf8', from, at)}\ufffd`;
      from = ++at;
      continue;
    }
    const size = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    if (at + size > bytes.length || (size > 1 && !isUtf8(bytes.subarray(at, at + size)))) return undefined;
    at += size;
  }
  return text + bytes.toString('utf8', from);
}
