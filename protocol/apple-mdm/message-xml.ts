import { escapeXml, plistHead, plistTail } from '../plist/build.js';

const head = `${plistHead}<dict>\n`;
const tail = `</dict>\n${plistTail}`;

/** A property list from entries that `textEntry`, `dataEntry` and `booleanEntry` wrote: the quick way for hot messages. */
export function messageOf(entries: string): Buffer {
  return Buffer.from(head + entries + tail, 'utf8');
}

// An undefined value writes nothing. Keys are ours and need no escaping; values do.

export function textEntry(key: string, value: string | undefined): string {
  return value === undefined ? '' : `\t<key>${key}</key>\n\t<string>${escapeXml(value)}</string>\n`;
}

export function dataEntry(key: string, value: Uint8Array | undefined): string {
  if (value === undefined) return '';
  const base64 = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  return `\t<key>${key}</key>\n\t<data>${base64}</data>\n`;
}

export function booleanEntry(key: string, value: boolean | undefined): string {
  return value === undefined ? '' : `\t<key>${key}</key>\n\t<${value}/>\n`;
}
