// GUIDs that follow from a name, so that the same name is the same node (A8).
import { createHash } from 'node:crypto';

/** Of all names of this program; itself made once, by chance. */
const namespace = Buffer.from('5d3c4f0ea4ac4c0d9b7e2f1c6a8e9d42', 'hex');

/** A UUID of version 5 (RFC 9562 §5.5), in capitals and without braces. */
export function guidOf(name: string): string {
  const bytes = createHash('sha1').update(namespace).update(name, 'utf8').digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex').toUpperCase();
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** As nodes of mail accounts are called: `{...}`. */
export const bracedGuid = (name: string): string => `{${guidOf(name)}}`;
