// The root of a data folder: ca.key.pem and ca.pem. A tenant that is there stands or falls with it.
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withFile } from '../base/command-line.js';
import { isCode } from '../base/errors.js';
import { writeWholeFile } from '../base/whole-file.js';
import { readCertificate } from '../protocol/x509/certificate.js';
import type { Issuer } from '../protocol/x509/issue.js';
import { writePem } from '../protocol/x509/pem.js';
import { stubError } from './errors.js';

/** PEM: an RSA key, and a certificate that may issue. */
export interface RootPem {
  readonly certificate: string;
  readonly key: string;
}

interface RootFolder {
  readonly folder: string;
  /** The folder's store has a tenant, and so devices may trust the root. */
  readonly hasTenant: boolean;
  /** Makes a root; of this key, where one is given. */
  readonly newRoot: (key?: KeyObject) => Promise<Issuer>;
}

/**
 * The root that the folder holds, or a new one where nobody can have seen the old: none beside a tenant. The key is written
 * before the certificate, and both before there is a tenant, each durable before the next: a folder whose making was cut off
 * is told from one that has lost a file. Throws DATA_CORRUPT, naming what is missing or damaged.
 */
export async function openRootFolder({ folder, hasTenant, newRoot }: RootFolder): Promise<Issuer> {
  const [keyFile, certificateFile] = ['ca.key.pem', 'ca.pem'].map((name) => join(folder, name)) as [string, string];
  const [key, certificate] = [textOf(keyFile), textOf(certificateFile)];
  if (hasTenant) {
    const missing = [...(key === undefined ? [keyFile] : []), ...(certificate === undefined ? [certificateFile] : [])];
    if (missing.length > 0) throw lost(missing);
  }
  if (key !== undefined && certificate !== undefined) return readRoot({ certificate, key }, [certificateFile, keyFile]);
  const root = await newRoot(key === undefined ? undefined : readKey(key, keyFile));
  if (key === undefined) {
    const pem = root.key.export({ type: 'pkcs8', format: 'pem' }).toString();
    await writeWholeFile(keyFile, pem, { mode: 0o600, draft: `${keyFile}.new` });
  }
  const pem = writePem('CERTIFICATE', root.certificate);
  await writeWholeFile(certificateFile, pem, { mode: 0o644, draft: `${certificateFile}.new` });
  return root;
}

const lost = (files: readonly string[]) =>
  stubError(
    'DATA_CORRUPT',
    `${files.join(' and ')} ${files.length > 1 ? 'are' : 'is'} missing, and the tenant is there`,
    {
      details: { missing: files },
      hint: 'Its devices trust this root alone: restore the files from a copy, or start with another folder, where all enroll anew.',
    },
  );

/** A root from PEM. `names`: where its certificate and key come from, for the message. Throws DATA_CORRUPT. */
export function readRoot(pem: RootPem, [certificateName, keyName] = ['the certificate', 'the key']): Issuer {
  const certificate = readDer(pem.certificate, certificateName);
  const key = readKey(pem.key, keyName);
  const read = readCertificate(certificate);
  if (!read.isCa) throw unusable(`${certificateName} is no certificate of a CA`);
  if (!read.publicKey.equals(createPublicKey(key))) throw unusable(`${keyName} is not the key of ${certificateName}`);
  return { certificate, key };
}

const unusable = (what: string, cause?: unknown) =>
  stubError('DATA_CORRUPT', `the authority's root cannot be used: ${what}`, {
    cause,
    hint: 'Restore it from a copy, or start with another folder, where all devices enroll anew.',
  });

function readDer(pem: string, name: string): Buffer {
  try {
    return new X509Certificate(pem).raw;
  } catch (cause) {
    throw unusable(`${name} is ${pem.trim() === '' ? 'empty' : 'no certificate'}`, cause);
  }
}

function readKey(pem: string, name: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch (cause) {
    throw unusable(`${name} is ${pem.trim() === '' ? 'empty' : 'no private key'}`, cause);
  }
  throw unusable(`${name} is no RSA key`);
}

/** A file's text; undefined when there is none. */
function textOf(path: string): string | undefined {
  return withFile(path, () => {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      if (isCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  });
}
