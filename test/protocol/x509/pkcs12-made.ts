// PKCS#12 files of any shape, for rules that openssl's command has no option for.
import { createHmac, type KeyObject, randomBytes } from 'node:crypto';
import { contentInfo } from '../../../protocol/x509/cms-parts.js';
import { bmp, integer, nothing, octets, oid, sequence, setOf, tagged } from '../../../protocol/x509/der-build.js';
import { oids } from '../../../protocol/x509/oids.js';
import { derive, encryptWithPassword, passwordOf } from '../../../protocol/x509/pbe.js';

export const password = 'secret';

export const attribute = (type: string, ...values: Buffer[]): Buffer => sequence(oid(type), setOf(...values));
export const keyId = (text: string): Buffer => attribute(oids.localKeyId, octets(Buffer.from(text)));
export const label = (text: string): Buffer => attribute(oids.friendlyName, bmp(text));

const bag = (type: string, value: Buffer, attributes: readonly Buffer[]): Buffer =>
  sequence(oid(type), tagged(0, value), ...(attributes.length === 0 ? [] : [setOf(...attributes)]));

export const certBag = (der: Uint8Array, ...attributes: Buffer[]): Buffer =>
  bag(oids.certBag, sequence(oid(oids.x509Certificate), tagged(0, octets(der))), attributes);

/** A shrouded key under triple DES. */
export function keyBag(key: KeyObject | Uint8Array, ...attributes: Buffer[]): Buffer {
  const pkcs8 = key instanceof Uint8Array ? key : key.export({ format: 'der', type: 'pkcs8' });
  const options = { scheme: '3des', iterations: 2, random: randomBytes } as const;
  const { algorithm, ciphertext } = encryptWithPassword(pkcs8, passwordOf(password), options);
  return bag(oids.shroudedKeyBag, sequence(algorithm, octets(ciphertext)), attributes);
}

export const otherBag = (type: string): Buffer => bag(type, nothing, []);

/** A file whose bags lie open, with a MAC by SHA-1. `contents` are further ContentInfos. */
export function pfx(
  bags: readonly Buffer[],
  { salt = randomBytes(8), contents = [] as readonly Buffer[] } = {},
): Buffer {
  const authSafe = sequence(contentInfo(oids.data, octets(sequence(...bags))), ...contents);
  const { wide } = passwordOf(password);
  const key = derive({ password: wide, salt, iterations: 1, digest: 'sha1', purpose: 'mac', length: 20 });
  const mac = createHmac('sha1', key).update(authSafe).digest();
  const macData = sequence(sequence(sequence(oid('1.3.14.3.2.26'), nothing), octets(mac)), octets(salt), integer(1));
  return sequence(integer(3), contentInfo(oids.data, octets(authSafe)), macData);
}
