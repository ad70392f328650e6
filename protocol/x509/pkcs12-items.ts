// How iOS joins what lies in a PKCS#12 file (p12import.c: emit_item).
import type { KeyObject } from 'node:crypto';
import { protocolError } from '../errors.js';
import { type DerNode, fields, tags } from './der.js';
import { readOctets, readOid } from './der-values.js';
import { oids } from './oids.js';

/** A key and a certificate that go by one name: of several of a kind the last counts. A key that cannot be read is null. */
export interface Item {
  key?: KeyObject | null;
  certificate?: Buffer;
}

/**
 * Under what a bag's value is kept: its localKeyId, or else its friendlyName, or else the value itself. Public keys are not
 * compared: a key without the name of its certificate stays alone. Throws PKCS12_MALFORMED for either of them with several
 * values, or of another type than OCTET STRING and BMPString.
 */
export function itemNameOf(attributes: DerNode | undefined, value: Uint8Array): string {
  let id: string | undefined;
  let label: string | undefined;
  for (const attribute of attributes === undefined ? [] : fields(attributes, 'bagAttributes', tags.set).rest()) {
    const parts = fields(attribute, 'PKCS12Attribute');
    const type = readOid(parts.take());
    if (type !== oids.localKeyId && type !== oids.friendlyName) continue;
    const [only, second] = fields(parts.take(tags.set), 'attrValues', tags.set).rest();
    if (only === undefined || second !== undefined)
      throw protocolError('PKCS12_MALFORMED', `the attribute ${type} of a bag has not one value`);
    if (type === oids.localKeyId) id = readOctets(only).toString('hex');
    else if (only.tag === tags.bmpString) label = only.content.toString('hex');
    else throw protocolError('PKCS12_MALFORMED', 'the friendlyName of a bag is no BMPString');
  }
  if (id !== undefined) return `id ${id}`;
  return label === undefined ? `value ${Buffer.from(value).toString('base64')}` : `label ${label}`;
}
