// What a stub authority does to its folder is recorded call by call, and the folder is rebuilt as a loss of power at any
// moment leaves it: each time it opens, holds what was acknowledged by then, and can be used.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { silentLog } from '../../base/log.js';
import type { NewRsaKey } from '../../server-stub/ca.js';
import { startAuthority } from '../../server-stub/index.js';
import { type Rebuilt, rebuildAll, writeTree } from '../support/power-loss/rebuild.js';
import { type Recorded, record } from '../support/power-loss/recorder.js';
import type { Answer } from './answers.js';
import { look } from './look.js';
import type { Programs } from './programs.js';
import { Administrator, endStub, startStub } from './stub.js';
import { lossInWords } from './stub-rounds.js';
import type { Tally } from './tally.js';
import { Workload } from './workload.js';

const users = 4;
/** Of each recording, whatever the time is: making it took longest. */
export const leastFolders = 21;

export interface PowerLossOptions {
  readonly programs: Programs;
  readonly seed: string;
  /** How many changes are asked for, one after another in each of three lanes. */
  readonly changes: number;
  /** At most so many folders are opened. */
  readonly most: number;
  readonly tally: Tally;
  readonly signal: AbortSignal;
  /** From a stock, where many stubs are opened. */
  readonly newRsaKey?: NewRsaKey;
  /** What becomes of a folder that was found wrong; called before it is removed. */
  readonly onWrong?: (rebuilt: Rebuilt) => void;
}

/** Tells in words what was wrong, one for each folder. */
export async function losePowerOfStub(options: PowerLossOptions): Promise<string[]> {
  const { programs, seed, changes, most, tally, signal } = options;
  const folder = programs.folder();
  const root = join(folder, 'root');
  mkdirSync(root);
  const recording = record(root);
  const workload = new Workload({ seed, users, devices: 1 });
  const wrong: string[] = [];
  try {
    const stub = await startStub(programs, { data: join(root, 'data'), users, within: recording.within });
    await workload.reach(stub);
    const few = Array.from({ length: changes }, (_, k) => k);
    const lane = async (step: () => Promise<boolean>) => {
      for (const _ of few) await step();
    };
    await Promise.all([
      lane(() => workload.administratorStep()),
      lane(() => workload.administratorStep()),
      lane(() => workload.deviceStep(0)),
    ]);
    await endStub(stub, 'SIGTERM');
    tally.acknowledged += workload.ledger.acknowledged;
    const disk = recording.read();
    // A folder is only there to be lost once its stub has said that it is ready.
    const ready = workload.firstAnswer;
    const from = ready === undefined ? 0 : disk.answered(ready.port, ready.ns);
    let opened = 0;
    for (const rebuilt of rebuildAll(disk, { seed, most })) {
      if (signal.aborted && opened >= leastFolders) break;
      opened++;
      tally.rounds++;
      const words = await openStub(rebuilt, folder, workload, disk, rebuilt.moment >= from, options);
      if (words.length > 0) {
        wrong.push(`${rebuilt.fate.name} at ${rebuilt.moment} of ${disk.moments.at(-1)}: ${words.join('; ')}`);
        options.onWrong?.(rebuilt);
      }
    }
    return wrong;
  } finally {
    await workload.close();
    recording.close();
    programs.remove(folder);
  }
}

async function openStub(
  { tree, moment }: Rebuilt,
  folder: string,
  workload: Workload,
  disk: Recorded,
  isReady: boolean,
  { tally, newRsaKey }: PowerLossOptions,
): Promise<string[]> {
  const root = join(folder, 'rebuilt');
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root);
  writeTree(tree, root);
  const keys = newRsaKey === undefined ? {} : { newRsaKey };
  try {
    const authority = await startAuthority({ dataFolder: join(root, 'data'), log: silentLog, tls: false, ...keys });
    const { url, caPem: ca, adminTokens } = authority;
    const administrator = new Administrator({ url, ca, token: adminTokens.administrator });
    try {
      if (!isReady) return [];
      const counts = ({ port, ns }: Answer) => ns === 0n || disk.answered(port, ns) <= moment;
      const observed = await look(administrator, workload.documents);
      const losses = workload.ledger.losses(observed, counts);
      tally.lost += losses.length;
      tally.doubled += observed.doubled.length;
      const user = { userPrincipalName: 'after@contoso.example', displayName: 'After the power came back' };
      const made = await administrator.ask('POST', '/v1.0/users', user);
      if (made.status !== 201) tally.unusable++;
      return [
        ...(workload.ca === ca ? [] : ['the CA is another one']),
        ...losses.map(lossInWords),
        ...observed.doubled.map((thing) => `${thing} is there twice`),
        ...(made.status === 201 ? [] : [`a change is answered ${made.status}`]),
      ];
    } finally {
      administrator.close();
      await authority.close();
    }
  } catch (error) {
    tally.unusable++;
    return [`does not open: ${error instanceof Error ? error.message : String(error)}`];
  }
}
