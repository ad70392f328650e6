// What a device does to its folder is recorded call by call, and the folder is rebuilt as a loss of power at any moment leaves it:
// each time it opens and holds what the device had told its authority by then.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openFileStore } from '../../agent/index.js';
import { silentLog } from '../../base/log.js';
import { defaultTenant } from '../../server-stub/default-tenant.js';
import { startAuthority } from '../../server-stub/index.js';
import { type Rebuilt, rebuildAll, writeTree } from '../support/power-loss/rebuild.js';
import { type Recorded, record } from '../support/power-loss/recorder.js';
import { absent, Ledger } from './ledger.js';
import { leastFolders, type PowerLossOptions } from './power-of-stub.js';
import { lossInWords } from './stub-rounds.js';

/** Tells in words what was wrong, one for each folder. `changes`: how often the device checks in, each time in a process anew. */
export async function losePowerOfDevice(options: PowerLossOptions): Promise<string[]> {
  const { programs, seed, changes, most, tally, signal, onWrong, newRsaKey } = options;
  const folder = programs.folder();
  const root = join(folder, 'root');
  mkdirSync(root);
  const authority = await startAuthority({
    tenant: defaultTenant({ users: 2 }),
    log: silentLog,
    ...(newRsaKey !== undefined && { newRsaKey }),
  });
  const ca = join(folder, 'ca.pem');
  writeFileSync(ca, authority.caPem);
  const recording = record(root);
  const ledger = new Ledger();
  const port = Number(new URL(authority.url).port);
  const tenant = authority.tenant;
  // The device sends one message at a time: the last one that it sent when its authority takes an answer is that answer.
  const { report, confirm } = tenant;
  const took = (thing: string, value: string) =>
    ledger.attempt(thing, value).acknowledged({ port, ns: process.hrtime.bigint() });
  tenant.report = (deviceId, commandId, outcome) => {
    const command = tenant.commands(deviceId).find(({ id }) => id === commandId)?.command;
    if (outcome.status === 'done' && command?.kind === 'install-profile')
      took(`profile ${command.profile.name}`, 'held');
    if (outcome.status === 'done' && command?.kind === 'remove-profile') took(`profile ${command.name}`, absent);
    return report.call(tenant, deviceId, commandId, outcome);
  };
  tenant.confirm = (deviceId) => {
    took(`device ${deviceId}`, 'enrolled');
    return confirm.call(tenant, deviceId);
  };
  try {
    const words = ['--server', authority.url, '--user', 'user1@contoso.example', '--ca', ca, '--once'];
    for (let k = 0; k < changes; k++) {
      const args = ['device', ...words, '--state', join(root, 'phone')];
      const { code, err } = await programs.start(args, { within: recording.within }).ended;
      if (code !== 0) throw new Error(`the device ended with ${code}: ${err}`);
      const [first] = tenant.profiles().filter(({ authority: of }) => of === tenant.authority);
      if (first !== undefined) tenant.removeProfile(first.id);
    }
    const disk = recording.read();
    tally.acknowledged += ledger.acknowledged;
    const wrong: string[] = [];
    let opened = 0;
    for (const rebuilt of rebuildAll(disk, { seed, most })) {
      if (signal.aborted && opened >= leastFolders) break;
      opened++;
      tally.rounds++;
      const found = await openDevice(rebuilt, join(folder, 'rebuilt'), ledger, disk);
      if (found.length === 0) continue;
      tally.lost++;
      wrong.push(`${rebuilt.fate.name} at ${rebuilt.moment} of ${disk.moments.at(-1)}: ${found.join('; ')}`);
      onWrong?.(rebuilt);
    }
    return wrong;
  } finally {
    recording.close();
    await authority.close();
    programs.remove(folder);
  }
}

async function openDevice({ tree, moment }: Rebuilt, root: string, ledger: Ledger, disk: Recorded): Promise<string[]> {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root);
  writeTree(tree, root);
  try {
    const store = await openFileStore(join(root, 'phone'));
    try {
      const values = new Map<string, string>();
      const [id] = store.ids();
      const state = id === undefined ? undefined : store.load(id);
      if (state?.link !== undefined) values.set(`device ${id}`, 'enrolled');
      for (const { profile } of state?.holdings ?? []) values.set(`profile ${profile.name}`, 'held');
      if (state !== undefined) await store.save(state); // it can be used
      const losses = ledger.losses(
        { values, doubled: [], forgotten: [] },
        ({ port, ns }) => disk.answered(port, ns) <= moment,
      );
      return losses.map(lossInWords);
    } finally {
      await store.close();
    }
  } catch (error) {
    return [`does not open: ${error instanceof Error ? error.message : String(error)}`];
  }
}
