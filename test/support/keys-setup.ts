// Runs once before all tests: making RSA keys is most of what tests would wait for, so it is done once, on all processors.
import { generateKeyPair, type KeyObject } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { poolName } from '../../agent/io/key-folder.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** This run's keys: `<series>-<number>.pem`, PKCS#8, mode 0600. keys.ts reads them and makes what is missing. */
    testKeyFolder: string;
    /** Keys under the names that the agent's key pool gives them. */
    deviceKeyFolder: string;
  }
}

const generate = promisify(generateKeyPair);
const stock = [
  { series: 'authority2048', bits: 2048, count: 3 },
  { series: 'rsa2048', bits: 2048, count: 4 },
  { series: 'rsa1024', bits: 1024, count: 24 },
] as const;

export default async function setUp(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-test-keys-')); // mode 0700
  const ofDevices = join(folder, 'devices');
  mkdirSync(ofDevices, { mode: 0o700 });
  project.provide('testKeyFolder', folder);
  project.provide('deviceKeyFolder', ofDevices);

  const keep = (path: string, key: KeyObject) =>
    writeFileSync(path, key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const making: Promise<void>[] = [];
  for (const { series, bits, count } of stock) {
    for (let number = 0; number < count; number++) {
      making.push(
        generate('rsa', { modulusLength: bits }).then(({ privateKey }) =>
          keep(join(folder, `${series}-${number}.pem`), privateKey),
        ),
      );
    }
  }
  for (let number = 0; number < 4; number++) {
    making.push(
      generate('rsa', { modulusLength: 2048 }).then(({ publicKey, privateKey }) =>
        keep(join(ofDevices, `${poolName(2048, publicKey)}.pem`), privateKey),
      ),
    );
  }
  await Promise.all(making);
  return () => rmSync(folder, { recursive: true, force: true });
}
