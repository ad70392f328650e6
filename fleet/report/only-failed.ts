import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { commandLineError, readGivenFile, readGivenText, withFile } from '../../base/command-line.js';
import { readJsonObject } from '../../base/json.js';
import type { FleetPlan } from '../scenario/model.js';
import { artefactNames } from './artefacts.js';

/** Devices of an earlier run, and what they are made from. */
export interface FailedBefore {
  readonly indexes: readonly number[];
  readonly seed: string;
  readonly scenario: string;
  /** Of the whole run. */
  readonly total: number;
  readonly groups: readonly { readonly name: string; readonly platform: string; readonly count: number }[];
}

const index = z.int().min(0).max(10_000_000);
const shape = z.looseObject({
  schema: z.literal('rollcall-summary/1'),
  seed: z.string(),
  scenario: z.string(),
  devices: z.looseObject({
    total: index,
    failed: index,
    groups: z.array(z.looseObject({ name: z.string(), platform: z.string(), count: index })).max(10_000),
  }),
  failedDevices: z.array(z.looseObject({ index })),
});

/** A summary holds a thousand devices at most, and the scenario. */
const limits = { maxBytes: 64 * 1024 * 1024, maxDepth: 32 };
const unusable = (message: string) => commandLineError('FILE_UNUSABLE', message);

/**
 * The devices that failed in an earlier run. What a summary does not name, for there were more than a thousand, is read from the
 * `failed.csv` beside it. Throws FILE_UNUSABLE, USAGE when none failed.
 *
 * @param path summary.json, or the folder of a run
 */
export function failedBefore(path: string): FailedBefore {
  const file = withFile(path, () => (statSync(path).isDirectory() ? join(path, artefactNames.summary) : path));
  const read = shape.safeParse(readJsonObject(readGivenFile(file), file, unusable, limits));
  if (!read.success) throw unusable(`${file} is no summary of a run: ${read.error.issues[0]?.path.join('.') ?? ''}`);
  const { seed, scenario, devices, failedDevices } = read.data;
  const named = failedDevices.map((each) => each.index);
  const all = devices.failed > named.length ? indexesIn(join(dirname(file), artefactNames.failed)) : named;
  const indexes = [...new Set(all)].sort((one, other) => one - other);
  if (indexes.length === 0) throw commandLineError('USAGE', `--only-failed ${path}: no device failed in that run`);
  const { groups } = devices;
  const total = groups.reduce((sum, { count }) => sum + count, 0); // devices.total is less in a run that was itself of some only
  const beyond = indexes.find((each) => each >= total);
  if (beyond !== undefined) throw unusable(`${file}: device ${beyond} of ${total} is none`);
  return { indexes, seed, scenario, total, groups };
}

/**
 * The plan with the seed and the devices of that run: only so index by index they are the same. Throws USAGE where others were asked
 * for, or the scenario has other groups than the run had.
 */
export function asBefore(
  plan: FleetPlan,
  { seed, groups }: Pick<FailedBefore, 'seed' | 'groups'>,
  said: { readonly seed?: string | undefined; readonly devices?: string | undefined } = {},
): FleetPlan {
  const differs = (what: string, hint: string) =>
    commandLineError('USAGE', `--only-failed: ${what}, so that an index means another device`, { hint });
  if (said.seed !== undefined && said.seed !== seed)
    throw differs(`that run had the seed ${JSON.stringify(seed)}`, 'Leave out --seed: that of the run is taken.');
  const counts = groups.map(({ name, platform, count }) => `${name} ${platform} ${count}`);
  if (said.devices !== undefined && counts.join() !== plan.groups.map(asCount).join())
    throw differs(
      `--devices ${said.devices} are others than that run had`,
      'Leave out --devices: those of the run are taken.',
    );
  const same = groups.map(({ name, platform, count }) => {
    const group = plan.groups.find((each) => each.name === name && each.platform === platform);
    if (group === undefined)
      throw differs(`the scenario has no devices called ${name} (${platform})`, 'Name the scenario of that run.');
    return { ...group, count };
  });
  return { ...plan, seed, groups: same };
}

const asCount = ({ name, platform, count }: FleetPlan['groups'][number]): string => `${name} ${platform} ${count}`;

/** The first column. Texts in quotes may hold lines of their own. */
function indexesIn(file: string): number[] {
  const withoutTexts = readGivenText(file).replace(/"(?:[^"]|"")*"/g, '');
  const [head = '', ...rows] = withoutTexts.split(/\r?\n/);
  const indexes = rows.filter((row) => row !== '').map((row) => Number(/^\d{1,8}(?=,)/.exec(row)?.[0] ?? Number.NaN));
  if (!head.startsWith('index,') || indexes.some(Number.isNaN)) throw unusable(`${file} is no list of failed devices`);
  return indexes;
}
