// The kinds of torture, by the names that --only knows.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Right, rights } from '../support/namespaces.js';
import { type Rebuilt, writeTree } from '../support/power-loss/rebuild.js';
import { changeRounds } from './change-rounds.js';
import { damageRounds } from './damage-rounds.js';
import { deviceRounds } from './device-rounds.js';
import { diskRounds } from './disk-rounds.js';
import { ownerRounds } from './owner-rounds.js';
import { losePowerOfDevice } from './power-of-device.js';
import { losePowerOfStub, type PowerLossOptions } from './power-of-stub.js';
import { soak } from './soak.js';
import { stubRounds } from './stub-rounds.js';
import type { Part, RoundOptions } from './tally.js';

const right = (name: Right) => () => (rights[name]() ? undefined : name);
const proc = () => (existsSync('/proc/self/status') ? undefined : '/proc');
const nothing = () => undefined;
const gcc = () => (spawnSync('gcc', ['--version'], { stdio: 'ignore' }).status === 0 ? undefined : 'gcc');

export const parts: Readonly<Record<string, Part>> = {
  damage: { weight: 1, missing: nothing, run: damageRounds },
  owner: { weight: 1, missing: nothing, run: ownerRounds },
  power: { weight: 3, missing: gcc, run: powerRounds },
  disk: { weight: 1, missing: right('unshare -m'), run: diskRounds },
  device: { weight: 3, missing: nothing, run: deviceRounds },
  soak: { weight: 1, missing: proc, run: soak },
  changes: { weight: 1, missing: nothing, run: changeRounds },
  stub: { weight: 4, missing: nothing, run: stubRounds },
};

export const partNames = Object.keys(parts);

/** Recordings of a stub and of a device in turn; a round is a rebuilt folder that was opened. */
async function powerRounds({ programs, seed, findings, signal, rounds }: RoundOptions): Promise<void> {
  const { tally } = findings;
  for (let k = 0; !signal.aborted && tally.rounds < (rounds ?? Number.POSITIVE_INFINITY); k++) {
    const kept = programs.folder();
    let wrongs = 0;
    const onWrong = ({ tree, moment, fate }: Rebuilt) => {
      if (wrongs++ >= 5) return;
      const folder = join(kept, `${moment} ${fate.name}`);
      mkdirSync(folder);
      writeTree(tree, folder);
    };
    const most = Math.min(250, rounds ?? 250);
    const common: PowerLossOptions = { programs, seed: `${seed}/${k}`, changes: 25, most, tally, signal, onWrong };
    const of = k % 2 === 0 ? 'stub' : 'device';
    findings.note(`power: recording a ${of}, ${tally.rounds} folders opened so far`);
    const wrong = await (of === 'stub' ? losePowerOfStub(common) : losePowerOfDevice({ ...common, changes: 3 }));
    if (wrong.length > 0) {
      programs.keep(kept);
      findings.found(`${of}: ${wrong.length} folders, the first ${wrong[0]}; ${kept}`);
    }
    programs.remove(kept);
  }
}
