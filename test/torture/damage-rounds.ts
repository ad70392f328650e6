// A stub's folder is damaged at random: it is refused as damaged, or it opens and either holds everything or says what it left out.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Random, seededRandom } from '../../agent/index.js';
import { isRollcallError } from '../../base/errors.js';
import { memoryLog } from '../../base/log.js';
import type { NewRsaKey } from '../../server-stub/ca.js';
import { startAuthority } from '../../server-stub/index.js';
import type { Answer } from './answers.js';
import { look } from './look.js';
import type { Programs } from './programs.js';
import { Administrator, endStub, startStub } from './stub.js';
import { lossInWords } from './stub-rounds.js';
import type { RoundOptions, Tally } from './tally.js';
import { Workload } from './workload.js';

const users = 6;
/** Of each history, whatever the time is: making it took longest. */
const leastFolders = 10;
/** What is no part of the store: the CA's files are judged by themselves, a lock holds nothing. */
const isStore = (name: string) => !/\.pem$|^owner|lock|^LOG|^LOCK$/i.test(name);

export async function damageRounds({ programs, seed, findings, signal, rounds }: RoundOptions): Promise<void> {
  const most = rounds ?? Number.POSITIVE_INFINITY;
  for (let done = 0; done < most && !signal.aborted; ) {
    const history = await makeHistory(programs, `${seed}/${done}`);
    findings.tally.acknowledged += history.workload.ledger.acknowledged;
    const kept = programs.folder();
    try {
      for (let k = 0; k < 50 && done < most && (!signal.aborted || k < leastFolders); k++, done++) {
        const folder = join(kept, 'damaged');
        const { how, wrong } = await damageOnce(history, folder, seededRandom(seed, done, 'damage'), findings.tally);
        findings.tally.rounds++;
        if (wrong === undefined) continue;
        findings.found(`round ${done + 1}, ${how}: ${wrong}; ${kept}`);
        programs.keep(kept);
        cpSync(folder, join(kept, `round ${done + 1}`), { recursive: true });
      }
      findings.note(`damage: ${done} folders tried`);
    } finally {
      rmSync(join(kept, 'damaged'), { recursive: true, force: true });
      programs.remove(kept);
      await history.close();
    }
  }
}

export interface History {
  /** Of a stub that ended well. */
  readonly data: string;
  readonly workload: Workload;
  close(): Promise<void>;
}

/** A folder in which many things were changed, in many batches. */
export async function makeHistory(programs: Programs, seed: string): Promise<History> {
  const folder = programs.folder();
  const data = join(folder, 'data');
  const workload = new Workload({ seed, users, devices: 2 });
  const stub = await startStub(programs, { data, users });
  await workload.reach(stub);
  for (let k = 0; k < 60; k++) await (k % 4 === 0 ? workload.deviceStep(k % 2) : workload.administratorStep());
  const observed = await workload.observe();
  await endStub(stub, 'SIGTERM');
  await workload.settle(observed);
  return {
    data,
    workload,
    async close() {
      await workload.close();
      programs.remove(folder);
    },
  };
}

/** Damages a copy in `folder` and opens it. `wrong` is undefined where it was refused or told, as it must be. */
export async function damageOnce(
  { data, workload }: History,
  folder: string,
  random: Random,
  tally: Tally,
  newRsaKey?: NewRsaKey,
): Promise<{ readonly how: string; readonly wrong: string | undefined; readonly isRefused: boolean }> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  cpSync(data, folder, { recursive: true });
  const { how, isCut, isAtEnd } = damage(folder, random);
  const log = memoryLog();
  try {
    const authority = await startAuthority({
      dataFolder: folder,
      log,
      tls: false,
      ...(newRsaKey === undefined ? {} : { newRsaKey }),
    });
    const { url, caPem: ca, adminTokens } = authority;
    const administrator = new Administrator({ url, ca, token: adminTokens.administrator });
    try {
      const all = (_: Answer) => true;
      const losses = workload.ledger.losses(await look(administrator, workload.documents), all);
      // What was cut off between two batches leaves no trace. A last batch may be one that was never finished: it is left out, and
      // that is said. Behind sound batches nothing is missing.
      const isTold = isCut || (isAtEnd && log.lines.some(({ level }) => level === 'warn' || level === 'error'));
      if (losses.length === 0 || isTold) return { how, wrong: undefined, isRefused: false };
      tally.lost += losses.length;
      return { how, wrong: `opened, and without a word ${losses.map(lossInWords).join('; ')}`, isRefused: false };
    } finally {
      administrator.close();
      await authority.close();
    }
  } catch (error) {
    if (isRollcallError(error) && error.code === 'DATA_CORRUPT') return { how, wrong: undefined, isRefused: true };
    tally.unusable++;
    return { how, wrong: `neither opened nor was refused as damaged: ${String(error)}`, isRefused: false };
  }
}

interface Damage {
  readonly how: string;
  /** Its end was taken away. */
  readonly isCut: boolean;
  /** It may lie in what was written last. */
  readonly isAtEnd: boolean;
}

/** What is written at once is not longer, here. */
const mostBatchBytes = 32 * 1024;

/** One file of the store, the greater the likelier, is changed. `isCut`: its end was taken away. */
function damage(folder: string, random: Random): Damage {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile() && isStore(each.name))
    .map((each) => join(each.parentPath, each.name))
    .filter((path) => statSync(path).size > 0)
    .sort();
  const total = files.reduce((sum, path) => sum + statSync(path).size, 0);
  let at = random.integer(Math.max(1, total));
  const path = files.find((each) => {
    at -= statSync(each).size;
    return at < 0;
  });
  if (path === undefined) throw new Error(`there is nothing to damage in ${folder}`);
  const bytes = readFileSync(path);
  const from = random.integer(bytes.length);
  const length = Math.min(bytes.length - from, 1 + random.integer(2 ** random.integer(15)));
  const ways = ['bit', 'zeros', 'cut', 'noise', 'middle taken out', 'block repeated', 'appended'] as const;
  const way = ways[random.integer(ways.length)] ?? 'bit';
  const parts = {
    before: bytes.subarray(0, from),
    it: bytes.subarray(from, from + length),
    after: bytes.subarray(from + length),
  };
  const changed = {
    bit: () => {
      const copy = Buffer.from(bytes);
      copy.writeUInt8(copy.readUInt8(from) ^ (1 << random.integer(8)), from);
      return copy;
    },
    zeros: () => Buffer.concat([parts.before, Buffer.alloc(length), parts.after]),
    cut: () => parts.before,
    noise: () => Buffer.concat([parts.before, random.bytes(length), parts.after]),
    'middle taken out': () => Buffer.concat([parts.before, parts.after]),
    'block repeated': () => Buffer.concat([parts.before, parts.it, parts.it, parts.after]),
    appended: () => Buffer.concat([bytes, random.bytes(length)]),
  };
  writeFileSync(path, changed[way]());
  const isCut = way === 'cut' || (way === 'middle taken out' && from + length === bytes.length);
  return {
    how: `${way} at ${from}, ${length} bytes, of ${path.slice(folder.length + 1)} (${bytes.length} bytes)`,
    isCut,
    isAtEnd: from + length > bytes.length - mostBatchBytes,
  };
}
