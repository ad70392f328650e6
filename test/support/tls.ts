import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject } from 'vitest';
import { openssl } from './programs.js';

export interface TestPki {
  readonly ca: string;
  readonly caKey: string;
  /** For localhost and 127.0.0.1. */
  readonly server: { readonly cert: string; readonly key: string };
  readonly client: { readonly cert: string; readonly key: string };
}

const made: TestPki[] = [];
let test: string | undefined;
let taken = 0;

/**
 * A CA and two certificates of it, made by openssl with quick keys: another one at each call within a test, and the same ones in the
 * same order in every test of a worker.
 */
export function testPki(): TestPki {
  const { testPath, currentTestName } = expect.getState();
  const present = `${testPath} ${currentTestName}`;
  if (present !== test) taken = 0;
  test = present;
  const number = taken++;
  const pki = made[number] ?? make();
  made[number] = pki;
  return pki;
}

function make(): TestPki {
  const folder = mkdtempSync(join(inject('testKeyFolder'), 'pki-')); // removed at the end of the run
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
