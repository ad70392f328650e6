// Who shows what in a trace. A codec names its own printer here, in one line; the first that handles a body shows it.
import { mdmSignaturePrinter } from './apple-mdm/printer.js';
import { headwindPrinter } from './headwind/printer.js';
import { provisioningPrinter } from './mde2/printer.js';
import { plistPrinter } from './plist/printer.js';
import { jsonPrinter } from './printing/json-printer.js';
import type { HeaderPrinter, PrintContext, Printer } from './printing/printer.js';
import { bytesPrinter, formPrinter, textPrinter } from './printing/text-printer.js';
import { scepPrinter } from './scep/printer.js';
import { soapPrinter } from './soap/printer.js';
import { syncMlPrinter, wbxmlPrinter } from './syncml/printer.js';
import {
  certificatePrinter,
  certificationRequestPrinter,
  cmsPrinter,
  pemPrinter,
  privateKeyPrinter,
} from './x509/printer.js';

/** In the order in which they are asked: whoever knows a body best comes first. */
export const printers: readonly Printer[] = [
  plistPrinter,
  soapPrinter,
  provisioningPrinter,
  syncMlPrinter,
  wbxmlPrinter,
  scepPrinter,
  cmsPrinter,
  privateKeyPrinter,
  certificatePrinter,
  certificationRequestPrinter,
  pemPrinter,
  headwindPrinter,
  jsonPrinter,
  formPrinter,
  textPrinter,
];

/** Headers that are more than text. */
export const headerPrinters: readonly HeaderPrinter[] = [mdmSignaturePrinter];

/** Lines of one body, and characters of one line, that are shown. */
export const printLimits = { maxLines: 800, maxLine: 400 };
/** How deep messages lie in messages: a profile in a command in a signature. */
const maxInner = 5;

/**
 * A body as lines, by whoever can read it; never throws, whatever arrives, and never shows what has the name of a secret.
 * `contentType` is a header's value.
 *
 * @example
 * printBody('application/json', Buffer.from('{"user":"a","password":"b"}')); // ['user: "a"', 'password: [secret]']
 */
export function printBody(contentType: string | undefined, body: Uint8Array): readonly string[] {
  if (body.length === 0) return [];
  return bounded(print(mediaType(contentType), body, 0) ?? bytesPrinter.print(body, contextAt(0)));
}

/** The value of a header as lines: by its printer, where one has that name. */
export function printHeader(name: string, value: string): readonly string[] | undefined {
  const printer = headerPrinters.find(({ header }) => header === name.toLowerCase());
  if (printer === undefined) return undefined;
  try {
    return bounded(printer.print(value, contextAt(0)));
  } catch {
    return undefined;
  }
}

const mediaType = (contentType = ''): string => (contentType.split(';')[0] ?? '').trim().toLowerCase();

const contextAt = (depth: number): PrintContext => ({
  inner: (body, contentType) => (depth >= maxInner ? [] : (print(mediaType(contentType), body, depth + 1) ?? [])),
});

/** Undefined where nobody can read it. */
function print(contentType: string, body: Uint8Array, depth: number): readonly string[] | undefined {
  for (const printer of printers) {
    try {
      if (printer.handles(contentType, body)) return printer.print(body, contextAt(depth));
    } catch {
      // It is not what it seemed to be: the next one may know it.
    }
  }
  return undefined;
}

function bounded(lines: readonly string[]): readonly string[] {
  const { maxLines, maxLine } = printLimits;
  const shown = lines
    .slice(0, maxLines)
    .map((line) => (line.length > maxLine ? `${line.slice(0, maxLine)}... (${line.length} characters)` : line));
  return lines.length > maxLines ? [...shown, `... and ${lines.length - maxLines} more lines`] : shown;
}
