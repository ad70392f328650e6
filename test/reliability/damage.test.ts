// A hundred damaged folders of a stub; more of them: npm run torture -- --only damage.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { seededRandom } from '../../agent/index.js';
import { memoryLog } from '../../base/log.js';
import { startAuthority } from '../../server-stub/index.js';
import { authorityKeys } from '../support/keys.js';
import { damageOnce, makeHistory } from '../torture/damage-rounds.js';
import { newTally } from '../torture/tally.js';
import { builtPrograms } from './findings.js';

const folders = 100;

it('a damaged folder is refused as damaged, or opens with everything that was in it', async () => {
  const programs = builtPrograms(onTestFinished);
  const history = await makeHistory(programs, 'suite');
  onTestFinished(() => history.close());
  const folder = join(programs.folder(), 'damaged');
  const newRsaKey = authorityKeys();

  cpSync(history.data, folder, { recursive: true });
  const log = memoryLog();
  const whole = await startAuthority({ dataFolder: folder, log, newRsaKey });
  await whole.close();
  expect(log.lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]); // what is said is about damage

  const tally = newTally();
  const wrong: string[] = [];
  let refused = 0;
  for (let k = 0; k < folders; k++) {
    const damaged = await damageOnce(history, folder, seededRandom('suite', k), tally, newRsaKey);
    if (damaged.wrong !== undefined) wrong.push(`${k}: ${damaged.how}: ${damaged.wrong}`);
    if (damaged.isRefused) refused++;
  }
  expect(wrong).toEqual([]);
  expect(refused).toBeGreaterThan(0);
  expect(refused).toBeLessThan(folders);
});
