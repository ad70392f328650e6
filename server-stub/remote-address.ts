import { isIPv6 } from 'node:net';

/**
 * What counts as one address where something is bound for each: an IPv4 address, and of IPv6 the first 64 bits, for a host has
 * as many of the others as it likes.
 *
 * @example
 * addressKey('::ffff:192.0.2.1'); // '192.0.2.1'
 * addressKey('2001:db8::1'); // '2001:db8:0:0::/64'
 */
export function addressKey(remote: string | undefined): string {
  if (remote === undefined) return '';
  const [, mapped] = /^::ffff:([\d.]+)$/i.exec(remote) ?? [];
  if (mapped !== undefined) return mapped;
  const [address = ''] = remote.split('%'); // a zone
  if (!isIPv6(address)) return remote;
  const [left = '', right = ''] = address.split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === '' ? [] : right.split(':');
  const groups = [...head, ...Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0'), ...tail];
  return `${groups.slice(0, 4).join(':').toLowerCase()}::/64`;
}
