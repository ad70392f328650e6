// RSA keys from the folder of this run (keys-setup.ts), for every test whose subject is not how keys are made.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject } from 'vitest';

export interface RsaKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const taken = new Map<string, number>();

/** Begins to count anew: called before each test file. */
export const countKeysAnew = (): void => taken.clear();

/** 0 for the first call under this name, then 1, 2 and so on. */
function nextOf(name: string): number {
  const number = taken.get(name) ?? 0;
  taken.set(name, number + 1);
  return number;
}

/** The next key of this size that this test file has not had: the same ones in the same order in every file of a run. */
export const rsaKey = (bits = 2048): RsaKey => keyNumber(`rsa${bits}`, bits, nextOf(`rsa${bits}`));

/**
 * For `startAuthority({ newRsaKey })`. The authorities of one test have different keys, so that none takes another's
 * certificates for its own; the first of each test has the same ones.
 */
export function authorityKeys(): (bits: number) => Promise<RsaKey> {
  const first = 3 * nextOf(`authority of ${expect.getState().currentTestName ?? ''}`);
  let number = first;
  return async (bits) => keyNumber(`authority${bits}`, bits, number++);
}

/** As many stubs that are started one after another have different roots. */
const startedRoots = 6;
const preload = new URL('./ready-keys.mjs', import.meta.url).href;

/**
 * The environment of a command that is started, for all tests whose subject is not how keys are made: its stub, or the one that it
 * starts, takes its keys from the folder of this run. Making them was a third of what a start costs.
 */
export function readyKeysEnv(): Readonly<Record<'NODE_OPTIONS' | 'TEST_RSA_KEYS', string>> {
  const root = ['started2048', nextOf('started') % startedRoots] as const;
  const files = [root, ['authority2048', 1] as const, ['authority2048', 2] as const].map(([series, number]) => {
    keyNumber(series, 2048, number);
    return keyFile(series, number);
  });
  return { NODE_OPTIONS: `--import ${preload}`, TEST_RSA_KEYS: files.join(':') };
}

/** For `createPorts({ keys })` and `openKeyPool`: `size` keys of 2048 bits that lie ready and are shared in turn. */
export const deviceKeys = (size: 1 | 2 | 3 | 4) => ({ mode: 'pool', size, folder: inject('deviceKeyFolder') }) as const;

/** By path; the files of a worker share what they have read. */
const known = new Map<string, RsaKey>();

const keyFile = (series: string, number: number): string => join(inject('testKeyFolder'), `${series}-${number}.pem`);

/** A key by its place in a series, made and kept for the files to come where there is none yet. */
function keyNumber(series: string, bits: number, number: number): RsaKey {
  const path = keyFile(series, number);
  let key = known.get(path);
  if (key === undefined) {
    const privateKey = createPrivateKey(read(path) ?? make(path, bits));
    key = { privateKey, publicKey: createPublicKey(privateKey) };
    known.set(path, key);
  }
  return key;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function make(path: string, bits: number): string {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: bits,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const temporary = `${path}.${randomUUID()}`;
  writeFileSync(temporary, privateKey, { mode: 0o600 });
  try {
    linkSync(temporary, path); // whole or not at all; another process may have been quicker
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(temporary);
  }
  return readFileSync(path, 'utf8');
}
