import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DeviceState, Ports } from '../../../agent/index.js';
import type { JournalStore } from '../../../base/journal/journal-store.js';
import { silentLog } from '../../../base/log.js';
import { Population } from '../../../fleet/engine/population.js';
import { crowdOf } from '../../../fleet/engine/selection.js';
import { shardOf } from '../../../fleet/engine/shard.js';
import { Slots } from '../../../fleet/engine/slots.js';
import type { FleetPlan } from '../../../fleet/scenario/model.js';
import { openFleetState } from '../../../fleet/state/folder.js';
import { folderOf, generationsIn, journalOf } from '../../../fleet/state/generations.js';
import { FleetStore, openFleetStore } from '../../../fleet/state/store.js';

const noPorts = () => {
  throw new Error('nothing is to be sent');
};
const ports = {
  clock: { now: () => 0, after: noPorts, sleep: noPorts },
  http: { open: noPorts },
  keys: { take: noPorts, open: noPorts, adopt: noPorts },
  log: { debug() {}, info() {}, warn() {}, error() {}, child: noPorts },
} as unknown as Omit<Ports, 'random'>;

const crowd = crowdOf({ ios: 4, android: 4, windows: 4 });
const total = crowd.cast.total;

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-fleet-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** One engine of a run: its devices, put back from what earlier generations have. */
async function engine(folder: string, generation: number, i = 0, n = 1) {
  const shard = shardOf({ shard: { i, n }, devices: { from: 0, to: total } });
  const store = await openFleetStore({ folder, generation, part: i, shard, log: silentLog });
  const population = new Population({ seed: 's', ...crowd, shard, ports, store });
  await population.restore(new AbortController().signal);
  return { store, population, shard };
}
type Engine = Awaited<ReturnType<typeof engine>>;

const rename = ({ population }: Engine, index: number, name: string): Promise<void> =>
  population.turn(index, (device) => device.rename(name));

async function allRenamed(
  folder: string,
  generation: number,
  name: (index: number) => string,
  n = 1,
): Promise<Engine[]> {
  const engines = await Promise.all(Array.from({ length: n }, (_, i) => engine(folder, generation, i, n)));
  for (const each of engines)
    for (let slot = 0; slot < each.shard.size; slot++)
      await rename(each, each.shard.indexOf(slot), name(each.shard.indexOf(slot)));
  return engines;
}

const close = (engines: readonly Engine[]) => Promise.all(engines.map(({ store }) => store.close()));
const statesIn = (engines: readonly Engine[]): (DeviceState | undefined)[] =>
  Array.from({ length: total }, (_, index) => engines.find(({ shard }) => shard.has(index))?.population.peek(index));
const namesIn = (engines: readonly Engine[]) => statesIn(engines).map((state) => state?.condition.deviceName);

describe('a fleet that is kept', () => {
  it('is the same in the next run, in any number of shards', async () => {
    const folder = newFolder();
    const first = await allRenamed(folder, 1, (index) => `first ${index}`, 2);
    const states = statesIn(first);
    await close(first);
    const next = await Promise.all([0, 1, 2].map((i) => engine(folder, 2, i, 3)));
    expect(statesIn(next)).toEqual(states);
    await close(next);
    const last = [await engine(folder, 3)];
    expect(statesIn(last)).toEqual(states);
    await close(last);
  });

  it('is on the disk before a change is told: what is read there meanwhile, as after kill -9, has it', async () => {
    const folder = newFolder();
    const [running] = await allRenamed(folder, 1, (index) => `device ${index}`);
    const killed = newFolder();
    openFleetState(killed).close();
    const from = folderOf(folder, 1, 0);
    await (
      await openFleetStore({ folder: killed, generation: 1, part: 0, shard: { has: () => false }, log: silentLog })
    ).close();
    copyFileSync(journalOf(from), journalOf(folderOf(killed, 1, 0)));
    const next = [await engine(killed, 2)];
    expect(namesIn(next)).toEqual(Array.from({ length: total }, (_, index) => `device ${index}`));
    await close(next);
    if (running !== undefined) await close([running]);
  });

  it('is as the newest generation has it, device by device, where a run ended before all were copied', async () => {
    const folder = newFolder();
    await close(await allRenamed(folder, 1, (index) => `old ${index}`, 2));
    const half = await engine(folder, 2, 1, 3); // engines 0 and 2 of the three never came so far
    await rename(half, 1, 'new 1');
    await close([half]);
    const next = [await engine(folder, 3)];
    expect(namesIn(next)).toEqual(
      Array.from({ length: total }, (_, index) => (index === 1 ? 'new 1' : `old ${index}`)),
    );
    await close(next);
  });

  it('is written whole after a save that failed, for that is written too once it can be', async () => {
    const [first] = await allRenamed(newFolder(), 1, String);
    const state = first?.population.peek(0);
    await first?.store.close();
    if (state === undefined) throw new Error('it was renamed');
    const slots = new Slots(1);
    const puts: string[] = [];
    let isFull = true;
    const journal = {
      put: (table: string) => puts.push(table),
      durable: async () => {
        if (isFull) throw new Error('the disk is full');
      },
    } as unknown as JournalStore;
    const store = new FleetStore(journal, () => undefined, 1);
    const turn = (next: DeviceState) => store.storeFor(0, state, {}, (each) => slots.pack(each)).save(next);
    const renamed = { ...state, condition: { ...state.condition, deviceName: 'undone' } };
    await expect(turn(renamed)).rejects.toThrow('full');
    isFull = false;
    for (const lastCheckInAt of [1, 2]) {
      puts.length = 0;
      await turn({ ...state, lastCheckInAt });
      expect(puts.includes('device')).toBe(lastCheckInAt === 1);
    }
  });

  it('loses the write that was under way when it was killed, and nothing else', async () => {
    const folder = newFolder();
    const engines = await allRenamed(folder, 1, (index) => `device ${index}`);
    const before = readFileSync(journalOf(folderOf(folder, 1, 0))).length;
    for (const each of engines) await rename(each, 5, 'the last');
    await close(engines);
    truncateSync(journalOf(folderOf(folder, 1, 0)), before + 20);
    const next = [await engine(folder, 2)];
    expect(namesIn(next)).toEqual(Array.from({ length: total }, (_, index) => `device ${index}`));
    await close(next);
  });

  it('is refused where a byte of it is another, wherever it lies', async () => {
    const folder = newFolder();
    await close(await allRenamed(folder, 1, (index) => `device ${index}`));
    const path = journalOf(folderOf(folder, 1, 0));
    const good = readFileSync(path);
    for (let part = 0; part < 20; part++) {
      const bad = Buffer.from(good);
      const at = Math.floor((good.length * part) / 20);
      bad.writeUInt8((bad[at] ?? 0) ^ 0x10, at);
      writeFileSync(path, bad);
      await expect(engine(folder, 2 + part)).rejects.toMatchObject({ code: 'STATE_CORRUPT' });
    }
    writeFileSync(path, good);
    const next = [await engine(folder, 50)];
    expect(namesIn(next)[3]).toBe('device 3');
    await close(next);
  });

  it('draws other nonces in each run', async () => {
    const folder = newFolder();
    await close(await allRenamed(folder, 1, (index) => `device ${index}`));
    const ids = async (generation: number): Promise<number> => {
      let drawn = 0;
      const each = await engine(folder, generation);
      await each.population.turn(
        0,
        async () => undefined,
        (own) => {
          drawn = own.random.integer(2 ** 31);
          return own;
        },
      );
      await close([each]);
      return drawn;
    };
    expect(await ids(2)).not.toBe(await ids(3));
  });
});

describe('a state folder', () => {
  const plan = { seed: 's', groups: crowd.groups, users: { devicesEach: 10 }, phases: [] } as unknown as FleetPlan;
  const target = { url: 'https://localhost:8443', isEmbedded: false };
  const open = (folder: string) => {
    const state = openFleetState(folder);
    onTestFinished(() => state.close());
    return state;
  };

  it('is one run’s, and one engine’s that has outlived its coordinator', async () => {
    const folder = newFolder();
    const state = open(folder);
    expect(() => openFleetState(folder)).toThrow(expect.objectContaining({ code: 'STATE_LOCKED' }));
    await state.begin(plan, target);
    const orphan: FleetStore = await openFleetStore({
      folder,
      generation: 1,
      part: 0,
      shard: { has: () => true },
      log: silentLog,
    });
    state.close();
    expect(() => openFleetState(folder)).toThrow(expect.objectContaining({ code: 'STATE_LOCKED' }));
    await orphan.close();
    expect(open(folder).generation).toBe(2);
  });

  it('gives the next plan its devices, seed and users, and refuses what was asked for and differs', async () => {
    const folder = newFolder();
    const first = open(folder);
    await first.begin(plan, target);
    first.close();
    const state = open(folder);
    const other = { ...plan, seed: 'other', groups: crowdOf({ ios: 3 }).groups, users: { count: 3 } };
    const nothing = { seed: false, devices: false };
    expect(state.adopt(other, nothing).plan).toMatchObject({ seed: 's', groups: plan.groups, users: plan.users });
    const differs = expect.objectContaining({ code: 'FLEET_DIFFERS' });
    expect(() => state.adopt(other, { ...nothing, seed: true })).toThrow(differs);
    expect(() => state.adopt(other, { ...nothing, devices: true })).toThrow(differs);
    await expect(state.begin(plan, { ...target, url: 'https://elsewhere' })).rejects.toMatchObject({
      code: 'FLEET_DIFFERS',
    });
    state.close();
    writeFileSync(join(folder, 'fleet.json'), '{"version":1}');
    expect(() => openFleetState(folder)).toThrow(expect.objectContaining({ code: 'STATE_CORRUPT' }));
  });

  it('has one generation when its engines are ready', async () => {
    const folder = newFolder();
    const first = open(folder);
    await first.begin(plan, target);
    first.close();
    await close(await allRenamed(folder, 1, (index) => `device ${index}`, 2));
    const state = open(folder);
    const next = [await engine(folder, state.generation)];
    state.settle();
    expect(generationsIn(folder).map(({ generation }) => generation)).toEqual([2]);
    expect(existsSync(folderOf(folder, 1, 0))).toBe(false);
    expect(readdirSync(join(folder, 'devices'))).toEqual(['2-0']);
    await close(next);
  });
});
