import { protocolError } from '../errors.js';
import { fits64, isPlistDate, writeDate } from './scalars.js';
import { PlistReal, type PlistValue } from './value.js';

/** What stands before and after the value; a template is `plistHead + '<dict>...</dict>' + plistTail`. */
export const plistHead =
  '<?xml version="1.0" encoding="UTF-8"?>\n' +
  '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n' +
  '<plist version="1.0">\n';
export const plistTail = '</plist>\n';

const deepest = 512;
const tabs = Array.from({ length: deepest + 1 }, (_, depth) => '\t'.repeat(depth));

/**
 * An XML property list as Apple writes it; parsing it gives an equal value. Keys keep their order, entries that are undefined are
 * left out, dates lose their milliseconds. Throws PLIST_MALFORMED for what has no form (a fraction that is no PlistReal, an
 * integer beyond 64 bits, a date that is no time) and PLIST_LIMIT beyond 512 levels.
 */
export function buildPlist(value: PlistValue): Buffer {
  return Buffer.from(plistHead + plistFragment(value) + plistTail);
}

/** The element of `value` alone, each line indented by `depth` tabs and ended: for templates. Throws as `buildPlist`. */
export function plistFragment(value: PlistValue, depth = 0): string {
  const tab = tabs[depth];
  if (tab === undefined) throw protocolError('PLIST_LIMIT', `the value is nested deeper than ${deepest}`);
  switch (typeof value) {
    case 'string':
      return `${tab}<string>${escapeXml(value)}</string>\n`;
    case 'boolean':
      return value ? `${tab}<true/>\n` : `${tab}<false/>\n`;
    case 'number':
      if (!Number.isSafeInteger(value))
        throw protocolError('PLIST_MALFORMED', `${value} is no safe integer: use PlistReal or a bigint`);
      return `${tab}<integer>${value}</integer>\n`;
    case 'bigint':
      if (!fits64(value)) throw protocolError('PLIST_MALFORMED', 'an integer beyond 64 bits has no form');
      return `${tab}<integer>${value}</integer>\n`;
  }
  if (value instanceof Uint8Array) return `${tab}<data>\n${base64Lines(value, depth)}${tab}</data>\n`;
  if (value instanceof PlistReal) return `${tab}<real>${realText(value.value)}</real>\n`;
  if (value instanceof Date) {
    if (!isPlistDate(value)) throw protocolError('PLIST_MALFORMED', 'a date that is no time has no form');
    return `${tab}<date>${writeDate(value)}</date>\n`;
  }
  let inner = '';
  if (Array.isArray(value)) {
    for (const item of value) inner += plistFragment(item, depth + 1);
    return inner === '' ? `${tab}<array/>\n` : `${tab}<array>\n${inner}${tab}</array>\n`;
  }
  for (const key of Object.keys(value)) {
    const item = value[key];
    if (item !== undefined) inner += `${tab}\t<key>${escapeXml(key)}</key>\n${plistFragment(item, depth + 1)}`;
  }
  return inner === '' ? `${tab}<dict/>\n` : `${tab}<dict>\n${inner}${tab}</dict>\n`;
}

const special = /[&<>\0-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]/;
const replaced = /[&<>\0-\x08\x0b-\x1f\ufffe\uffff]|\p{Surrogate}/gu;
const references: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' };

/**
 * Text for between two tags (not for an attribute). Never fails: a character XML cannot say (most control characters, half a
 * surrogate pair) becomes U+FFFD, because text that quotes somebody's broken input must not break our answer.
 */
export function escapeXml(text: string): string {
  return special.test(text) ? text.replace(replaced, (character) => references[character] ?? '\ufffd') : text;
}

function realText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? '+infinity' : '-infinity';
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Apple's lines: 76 characters less eight for each tab, of which at most eight count. */
function base64Lines(bytes: Uint8Array, depth: number): string {
  const tab = tabs[depth] ?? '';
  const width = 76 - 8 * Math.min(depth, 8);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
  let lines = '';
  for (let at = 0; at < text.length; at += width) lines += `${tab}${text.slice(at, at + width)}\n`;
  return lines;
}
