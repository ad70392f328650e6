// Certificates of the SCEP tests that openssl issues: what judges key usages must not have written them.
import type { KeyObject } from 'node:crypto';
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { rsaKey } from '../../support/keys.js';
import { openssl } from '../../support/programs.js';
import type { Party } from './server.js';

/** A certificate with its key, and what it takes to issue further ones. */
export interface OpensslParty extends Party {
  readonly file: (name: 'cert.pem' | 'key.pem') => string;
}

export interface IssueOptions {
  /** As openssl writes them, such as `digitalSignature,keyEncipherment`; undefined: no extension. */
  readonly keyUsage?: string | undefined;
  readonly isCa?: boolean;
  readonly key?: KeyObject;
}

/** Making keys takes longer than all else here: the certificates of a file share a few in turn. */
const keys: KeyObject[] = [];
let turn = 0;
function nextKey(): KeyObject {
  const at = turn++ % 6;
  const key = keys[at] ?? rsaKey().privateKey;
  keys[at] = key;
  return key;
}

/** A certificate below `issuer`, or self-signed. */
export function issue(
  commonName: string,
  options: IssueOptions = {},
  issuer?: Pick<OpensslParty, 'file'>,
): OpensslParty {
  const folder = mkdtempSync(join(inject('testKeyFolder'), 'pki-')); // removed at the end of the run
  const file = (name: string): string => join(folder, name);
  const key = options.key ?? nextKey();
  writeFileSync(file('key.pem'), key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const extensions = [
    'subjectKeyIdentifier=hash',
    ...(options.isCa === true ? ['basicConstraints=critical,CA:TRUE'] : []),
    ...(options.keyUsage === undefined ? [] : [`keyUsage=critical,${options.keyUsage}`]),
  ];
  writeFileSync(file('extensions'), `${extensions.join('\n')}\n`);
  openssl([
    'req',
    '-new',
    '-key',
    file('key.pem'),
    '-subj',
    `/O=Example/CN=${commonName}`,
    '-out',
    file('request.pem'),
  ]);
  const signer =
    issuer === undefined
      ? ['-signkey', file('key.pem')]
      : ['-CA', issuer.file('cert.pem'), '-CAkey', issuer.file('key.pem'), '-CAcreateserial'];
  const request = ['-req', '-in', file('request.pem'), '-days', '30', '-extfile', file('extensions')];
  openssl(['x509', ...request, ...signer, '-out', file('cert.pem')]);
  return {
    certificate: openssl(['x509', '-in', file('cert.pem'), '-outform', 'DER']),
    key: createPrivateKey(key.export({ type: 'pkcs8', format: 'pem' })),
    file,
  };
}

/** The bundle of GetCACert, by openssl: certificates only. */
export function bundleOf(...certificates: readonly Pick<OpensslParty, 'file'>[]): Buffer {
  const files = certificates.flatMap(({ file }) => ['-certfile', file('cert.pem')]);
  return openssl(['crl2pkcs7', '-nocrl', '-outform', 'DER', ...files]);
}
