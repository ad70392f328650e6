import { isIP } from 'node:net';

/** Binds a socket: it reaches addresses of the same family alone. */
export interface Bound {
  readonly localAddress?: string;
  readonly family?: number;
}

/** What node:net and node:http are given for this address of the machine. Throws TypeError for what is no IP address. */
export function boundTo(localAddress: string | undefined): Bound {
  if (localAddress === undefined) return {};
  const family = isIP(localAddress);
  if (family === 0) throw new TypeError(`no IP address: ${localAddress}`);
  return { localAddress, family };
}

/**
 * Whose connections leave from which of these addresses: always the same one for the same name (FNV-1a, then mixed: its low bits alone are a parity).
 * Undefined for none.
 */
export function addressFor(addresses: readonly string[] | undefined, name: string): string | undefined {
  if (addresses === undefined || addresses.length === 0) return undefined;
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return addresses[((hash ^ (hash >>> 16)) >>> 0) % addresses.length];
}
