import { createHash, createPrivateKey, createPublicKey, type KeyObject, randomUUID } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { makeFolder, syncFolderNow } from '../../base/folders.js';
import type { Log } from '../../base/log.js';

/** A folder of private keys that several processes may use at once. */
export interface KeyFolder {
  /** Names of the keys of this size, in order. */
  names(bits: number): string[];
  /** The key of this name, or undefined where there is none that can be used. */
  read(name: string): KeyObject | undefined;
  /** False, and a log line, where it could not be kept. */
  write(name: string, key: KeyObject): boolean;
  /** Takes a key out for good. False where it was not there: another process has it. */
  remove(name: string): boolean;
}

const namePattern = /^rsa(1024|2048|3072|4096)-[0-9a-f]{32}$/;
const maxFileBytes = 16 * 1024;

/** A key's name says what it is, so a file under a false name is found out: size, and hash of the public key. */
export function poolName(bits: number, publicKey: KeyObject): string {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return `rsa${bits}-${createHash('sha256').update(spki).digest('hex').slice(0, 32)}`;
}

/** Opens the folder, making it if need be, with mode 0700. Files in it that are no keys of ours are logged and left alone. */
export function keyFolder(folder: string, log: Log): KeyFolder {
  makeFolder(folder);
  chmodSync(folder, 0o700);
  const skipped = new Set<string>();
  const pathOf = (name: string): string => join(folder, `${name}.pem`);

  function skip(file: string, reason: string): undefined {
    if (!skipped.has(file)) log.warn('key-skipped', { file, reason });
    skipped.add(file);
    return undefined;
  }

  return {
    names(bits) {
      const names: string[] = [];
      for (const file of list(folder, log)) {
        const name = file.endsWith('.pem') ? file.slice(0, -4) : '';
        const [, size] = namePattern.exec(name) ?? [];
        if (size === undefined) {
          if (!file.endsWith('.tmp')) skip(file, 'not a key of this pool by its name');
        } else if (size === String(bits)) names.push(name);
      }
      return names;
    },
    read(name) {
      if (!namePattern.test(name)) return undefined; // and so no path leaves the folder
      const path = pathOf(name);
      const stat = lstatSync(path, { throwIfNoEntry: false });
      if (stat === undefined) return undefined;
      if (!stat.isFile()) return skip(`${name}.pem`, 'not a plain file');
      if (stat.size > maxFileBytes) return skip(`${name}.pem`, `${stat.size} bytes`);
      if ((stat.mode & 0o077) !== 0) chmodSync(path, 0o600);
      try {
        const key = createPrivateKey(readFileSync(path));
        const { modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
        if (key.asymmetricKeyType !== 'rsa' || poolName(modulusLength, createPublicKey(key)) !== name)
          return skip(`${name}.pem`, 'another key than its name says');
        return key;
      } catch (error) {
        return skip(`${name}.pem`, error instanceof Error ? error.message : String(error));
      }
    },
    write(name, key) {
      const temporary = join(folder, `${randomUUID()}.tmp`);
      let isKept = true;
      try {
        writeDurably(temporary, key.export({ type: 'pkcs8', format: 'pem' }));
        linkSync(temporary, pathOf(name)); // appears whole or not at all
        syncFolderNow(folder); // before any device is remembered by the key's name
      } catch (error) {
        isKept = false;
        log.warn('key-not-kept', {
          file: `${name}.pem`,
          reason: error instanceof Error ? error.message : String(error),
        });
      }
      rmSync(temporary, { force: true });
      return isKept;
    },
    remove(name) {
      if (!namePattern.test(name)) return false;
      try {
        unlinkSync(pathOf(name));
        return true;
      } catch {
        return false;
      }
    },
  };
}

function writeDurably(path: string, text: string | Buffer): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function list(folder: string, log: Log): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    log.warn('key-folder-lost', { reason: error instanceof Error ? error.message : String(error) });
    return [];
  }
}
