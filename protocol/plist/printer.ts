import { type Outlined, outline } from '../printing/outline.js';
import type { Printer } from '../printing/printer.js';
import { parsePlist } from './parse.js';
import { PlistReal, type PlistValue } from './value.js';

const beginning = (body: Uint8Array): string =>
  Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, 512)).toString('latin1');

/** Property lists of all forms that are read, as an outline, with what lies in their data. */
export const plistPrinter: Printer = {
  name: 'property list',
  handles(contentType, body) {
    const start = beginning(body);
    if (start.startsWith('bplist') || /^application\/x-apple-aspen/.test(contentType)) return true;
    if (/^(?:\xff\xfe<|\xfe\xff\0<)/.test(start)) return true; // XML in UTF-16
    return (
      /^(?:\xef\xbb\xbf)?\s*(?:<\?xml|<!DOCTYPE plist|<plist)/.test(start) && /<plist|plist/i.test(start + contentType)
    );
  },
  print: (body, context) => outline(outlined(parsePlist(body)), context),
};

function outlined(value: PlistValue | undefined): Outlined {
  if (value instanceof PlistReal) return value.value;
  if (Array.isArray(value)) return value.map(outlined);
  if (typeof value !== 'object' || value instanceof Date || value instanceof Uint8Array) return value;
  const made: Record<string, Outlined> = Object.create(null);
  for (const key of Object.keys(value)) made[key] = outlined(value[key]);
  return made;
}
