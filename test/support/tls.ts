import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openssl, temporaryFolder } from './programs.js';

export interface TestPki {
  readonly ca: string;
  readonly caKey: string;
  /** For localhost and 127.0.0.1. */
  readonly server: { readonly cert: string; readonly key: string };
  readonly client: { readonly cert: string; readonly key: string };
}

/** A CA and two certificates of it, made by openssl with quick keys, for this test alone. */
export function testPki(): TestPki {
  const folder = temporaryFolder();
  const key = (): string => openssl(['ecparam', '-name', 'prime256v1', '-genkey', '-noout']).toString();
  const save = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const caKey = key();
  const caKeyFile = save('ca.key', caKey);
  const ca = openssl(['req', '-x509', '-new', '-key', caKeyFile, '-days', '2', '-subj', '/CN=test CA']).toString();
  const caFile = save('ca.pem', ca);
  const issue = (name: string, extensions: string): { cert: string; key: string } => {
    const own = key();
    const request = save(
      `${name}.csr`,
      openssl(['req', '-new', '-key', save(`${name}.key`, own), '-subj', `/CN=${name}`]).toString(),
    );
    const cert = openssl([
      ...['x509', '-req', '-in', request, '-CA', caFile, '-CAkey', caKeyFile, '-set_serial', `0x${name.length}`],
      ...['-days', '2', '-extfile', save(`${name}.ext`, extensions)],
    ]).toString();
    return { cert, key: own };
  };
  return {
    ca,
    caKey,
    server: issue('server', 'subjectAltName=DNS:localhost,IP:127.0.0.1\n'),
    client: issue('client-1', 'extendedKeyUsage=clientAuth\n'),
  };
}

/** The DER of a PEM certificate. */
export const derOf = (pem: string): Buffer =>
  Buffer.from(pem.replace(/-----[A-Z ]+-----/g, '').replace(/\s+/g, ''), 'base64');
