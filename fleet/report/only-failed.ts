import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { commandLineError, readGivenFile, readGivenText, withFile } from '../../base/command-line.js';
import { readJsonObject } from '../../base/json.js';
import { artefactNames } from './artefacts.js';

/** Devices of an earlier run, and what they are made from. */
export interface FailedBefore {
  readonly indexes: readonly number[];
  readonly seed: string;
  readonly scenario: string;
  /** Of the whole run. */
  readonly total: number;
}

const index = z.int().min(0).max(10_000_000);
const shape = z.looseObject({
  schema: z.literal('rollcall-summary/1'),
  seed: z.string(),
  scenario: z.string(),
  devices: z.looseObject({ total: index, failed: index }),
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
  const beyond = indexes.find((each) => each >= devices.total);
  if (beyond !== undefined) throw unusable(`${file}: device ${beyond} of ${devices.total} is none`);
  return { indexes, seed, scenario, total: devices.total };
}

/** The first column. Texts in quotes may hold lines of their own. */
function indexesIn(file: string): number[] {
  const withoutTexts = readGivenText(file).replace(/"(?:[^"]|"")*"/g, '');
  const [head = '', ...rows] = withoutTexts.split(/\r?\n/);
  const indexes = rows.filter((row) => row !== '').map((row) => Number(/^\d{1,8}(?=,)/.exec(row)?.[0] ?? Number.NaN));
  if (!head.startsWith('index,') || indexes.some(Number.isNaN)) throw unusable(`${file} is no list of failed devices`);
  return indexes;
}
