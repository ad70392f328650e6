// What no client of the Headwind MDM protocol can leave out of the floor: to read what it was answered.
import { defaultSecret, responseSignature } from '../protocol/headwind/signature.js';
import type { BareAnswer } from './bare.js';

const marker = '"data":';

/** A reply in JSON says OK, and its signature, where it has one, is right; other contents (files, SCEP) are only there. */
export function readBare({ status, headers, text }: BareAnswer): void {
  if (status !== 200) throw new Error(`the bare loop was answered ${status}`);
  if (headers['content-type']?.startsWith('application/json') !== true) return;
  const { status: told } = JSON.parse(text);
  if (told !== undefined && told !== 'OK') throw new Error('the bare loop was refused');
  const signature = headers['x-response-signature'];
  if (signature === undefined) return;
  const data = text.slice(text.indexOf(marker) + marker.length, -1);
  if (responseSignature(defaultSecret, data) !== signature) throw new Error('the signature of a reply is wrong');
}
