// What a codec exports so that people can read its messages in a trace, and what all of these share.

/** How one kind of body is shown to a person. Lives with its codec; protocol/printers.ts names it. */
export interface Printer {
  /** What is said to be shown, such as `property list`. */
  readonly name: string;
  /** Whether these bytes are for it. `contentType` is in lower case and without parameters, empty where nobody said one. */
  handles(contentType: string, body: Uint8Array): boolean;
  /** Lines without a line feed. Whatever arrives is hostile: what it cannot read it throws at, and another shows the body. */
  print(body: Uint8Array, context: PrintContext): readonly string[];
}

/** How the value of one header is shown, where it is more than text. */
export interface HeaderPrinter {
  /** In lower case. */
  readonly header: string;
  print(value: string, context: PrintContext): readonly string[];
}

/** What a printer needs of its surroundings. */
export interface PrintContext {
  /** What lies inside a message, shown by whoever can read it: an embedded profile, a certificate, the content of a signature. */
  inner(body: Uint8Array, contentType?: string): readonly string[];
}

/** Stands in the place of what is shown to nobody. */
export const secretMark = '[secret]';

const shownOctets = 24;

/** The beginning of bytes and how many there are. */
export function shortHex(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, shownOctets)).toString('hex');
  return `${sizeOf(bytes)} ${start}${bytes.length > shownOctets ? '...' : ''}`.trimEnd();
}

/** `1,234 bytes` */
export const sizeOf = ({ length }: { readonly length: number }): string =>
  `${length.toLocaleString('en-US')} ${length === 1 ? 'byte' : 'bytes'}`;

/** Lines, one step further to the right. */
export const indented = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);
