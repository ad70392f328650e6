// PEM (RFC 7468): base64 of DER between two lines of dashes.
import { protocolError } from '../errors.js';

interface PemBlock {
  /** "CERTIFICATE", "PRIVATE KEY", ... */
  readonly label: string;
  readonly der: Buffer;
}

const maxBlocks = 256;

/** Every block in the text, in order; what stands between blocks is ignored. Throws X509_MALFORMED when there is none. */
export function readPem(text: string | Uint8Array): PemBlock[] {
  const source = typeof text === 'string' ? text : Buffer.from(text).toString('latin1');
  const blocks: PemBlock[] = [];
  for (const part of source.split('-----BEGIN ').slice(1, maxBlocks + 1)) {
    const head = part.indexOf('-----');
    const label = part.slice(0, head);
    const tail = part.indexOf(`-----END ${label}-----`);
    if (head < 0 || tail < 0) throw protocolError('X509_MALFORMED', 'a PEM block has no end');
    blocks.push({ label, der: Buffer.from(part.slice(head + 5, tail), 'base64') });
  }
  if (blocks.length === 0) throw protocolError('X509_MALFORMED', 'there is no PEM block in the text');
  return blocks;
}

export function writePem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
