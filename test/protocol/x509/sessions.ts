import { context } from '../../../protocol/x509/der.js';
import { element, integer, octets, sequence } from '../../../protocol/x509/der-build.js';

/** A TLS session as OpenSSL lays one out, by hand: what no OpenSSL writes can be made of it too. */
export function sessionOf({
  version = 1,
  peers,
  ticket,
}: {
  readonly version?: number;
  /** What stands in [3], in each of them. */
  readonly peers: readonly Buffer[];
  readonly ticket?: Buffer;
}): Buffer {
  return sequence(
    integer(version),
    integer(0x0304),
    octets(Buffer.from('1302', 'hex')),
    octets(Buffer.alloc(32, 7)),
    octets(Buffer.alloc(48, 9)),
    element(context(1), integer(1_795_000_000)),
    element(context(2), integer(7200)),
    ...peers.map((peer) => element(context(3), peer)),
    element(context(4), octets(Buffer.from('id'))),
    ...(ticket === undefined ? [] : [element(context(10), octets(ticket))]),
  );
}
