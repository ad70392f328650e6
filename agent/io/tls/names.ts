// Whose certificate it is: a server's name held against those in the certificate.
import { isIP } from 'node:net';
import type { Certificate } from '../../../protocol/x509/certificate.js';

/** The names that a certificate is for, and its common name, which counts for some platforms only. */
export interface ServerNames {
  readonly dns: readonly string[];
  readonly addresses: readonly string[];
  readonly common: string | undefined;
}

/** Throws X509_MALFORMED. */
export function namesOf({ subjectAltName: names, subject }: Certificate): ServerNames {
  return {
    dns: (names?.dNSName ?? []).filter((name) => isIP(name) === 0),
    addresses: names?.iPAddress ?? [],
    common: subject.flat().findLast(([type]) => type === 'CN')?.[1],
  };
}

/** True where SubjectAltName has this host: a name by its labels, an address by its octets. */
export function isAmong(host: string, { dns, addresses }: ServerNames): boolean {
  if (isIP(host) !== 0) return addresses.some((address) => canonical(address) === canonical(host));
  return dns.some((name) => matches(host, name));
}

/** True where there is no alternative name at all, and the common name is this host. */
export const isCommon = (host: string, { dns, addresses, common }: ServerNames): boolean =>
  dns.length === 0 && addresses.length === 0 && common !== undefined && matches(host, common);

/**
 * Label by label, letter case aside. A star stands for the whole first label of three or more, and nothing else: `*.example.com`
 * is for `mdm.example.com`, and neither for `example.com` nor for `a.b.example.com` (RFC 6125 §6.4.3, SecDNSMatch).
 */
export function matches(host: string, pattern: string): boolean {
  const labels = host.replace(/\.$/, '').toLowerCase().split('.');
  const wanted = pattern.toLowerCase().split('.');
  if (labels.length !== wanted.length) return false;
  return wanted.every((label, at) => (label === '*' ? at === 0 && wanted.length > 2 : isPlain(label, labels[at])));
}

const isPlain = (label: string, of: string | undefined): boolean => label === of && !label.includes('*');

/** An address as one text, however it was written. */
const canonical = (address: string): string =>
  isIP(address) === 6 ? new URL(`http://[${address.replace(/%.*$/, '')}]/`).hostname.slice(1, -1) : address;
