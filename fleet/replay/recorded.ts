// What a run has kept of itself and of one of its devices, for repeating that device.
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { commandLineError, readGivenFile, withFile } from '../../base/command-line.js';
import { readJsonObject } from '../../base/json.js';
import { platformNames } from '../../protocol/vocabulary.js';
import type { DeviceFailure } from '../engine/messages.js';
import { fleetError } from '../errors.js';
import type { LogEvent } from '../log/events.js';
import { readLog } from '../log/reader.js';
import { logFileName } from '../log/writer.js';
import { artefactNames } from '../report/artefacts.js';
import { deviceTotal, type FleetPlan } from '../scenario/model.js';
import { readScenario } from '../scenario/read.js';
import { stepKindNames } from '../steps/registry.js';

/** A run as its log or its summary tells of it. */
export interface RecordedRun {
  readonly plan: FleetPlan;
  readonly target: Extract<LogEvent, { type: 'run' }>['target'];
  readonly lenient: readonly string[];
  /** The device's failure, if it failed. */
  readonly failure?: DeviceFailure;
  /** Whether the device took part. */
  readonly isIn: boolean;
}

/** The two parts of RUN:INDEX. */
interface ReplayPlace {
  readonly run: string;
  readonly index: number;
}

const example = 'Write --replay out/run:17, the folder of a run (fleet run --out) and the index of a device in it.';

/** Failed devices that a hint names. */
const mostNamed = 20;

/** Reads RUN:INDEX. Throws USAGE. */
export function readPlace(text: string): ReplayPlace {
  const [, run, digits] = /^(.+):(\d{1,8})$/s.exec(text) ?? [];
  if (run !== undefined) return { run, index: Number(digits) };
  throw commandLineError('USAGE', `--replay "${text}" is not RUN:INDEX`, { hint: example });
}

/**
 * The run and what it recorded of its device: from the log where there is one, else from the summary. Throws FILE_UNUSABLE, LOG_INVALID,
 * USAGE for an index that is no device of the run.
 *
 * @param run folder of a run, its run.ndjson.gz or its summary.json
 */
export async function readRecorded({ run, index }: ReplayPlace): Promise<RecordedRun> {
  const file = fileOf(run);
  const read = /\.json$/i.test(file) ? ofSummary(file, index) : await ofLog(file, index);
  const total = deviceTotal(read.plan);
  if (index < total) return read;
  const failed = read.failed.slice(0, mostNamed);
  const more = read.failed.length > failed.length ? ', ...' : '';
  throw commandLineError('USAGE', `--replay: there is no device ${index} in ${run}`, {
    hint: `It had devices 0 to ${total - 1}${failed.length === 0 ? '; none of them failed' : `; ${failed.join(', ')}${more} failed`}.`,
  });
}

/** The log of a folder, and that beside a summary, says more than the summary. */
function fileOf(run: string): string {
  const isFolder = withFile(run, () => statSync(run).isDirectory());
  const log = join(isFolder ? run : dirname(run), logFileName);
  if (isFolder) return existsSync(log) ? log : join(run, artefactNames.summary);
  return /\.json$/i.test(run) && existsSync(log) ? log : run;
}

type Read = RecordedRun & { readonly failed: readonly number[] };

async function ofLog(file: string, index: number): Promise<Read> {
  let begun: Extract<LogEvent, { type: 'run' }> | undefined;
  let failure: DeviceFailure | undefined;
  const failed: number[] = [];
  for await (const event of readLog(file)) {
    if (event.type === 'run') begun = event;
    if (event.type !== 'failure') continue;
    if (failed.length <= mostNamed) failed.push(event.failure.index);
    if (event.failure.index === index) failure ??= event.failure;
  }
  if (begun === undefined) throw commandLineError('FILE_UNUSABLE', `${file} holds no run`);
  const { plan, target, lenient, only } = begun;
  const { error } = repeatable.safeParse(plan);
  if (error !== undefined) {
    const [issue] = error.issues;
    throw fleetError(
      'LOG_INVALID',
      `${file} has a plan that cannot be repeated: ${issue?.path.join('.')}: ${issue?.message}`,
    );
  }
  return {
    plan,
    target,
    lenient,
    ...(failure === undefined ? {} : { failure }),
    isIn: only?.includes(index) !== false,
    failed,
  };
}

const place = z.int().min(0).max(10_000_000);
const name = z.string().max(10_000);
const some = z.int().min(1).max(10_000_000);
/** What a device is repeated by, beside what reports are made from (log/judge.ts): that is all that a log is read for otherwise. */
const repeatable = z.looseObject({
  users: z.union([
    z.looseObject({ devicesEach: some }),
    z.looseObject({ count: some }),
    z.looseObject({ rows: z.array(z.looseObject({ user: name })), file: name }),
  ]),
  authority: name,
  connections: z.enum(['per-session', 'shared']),
  keys: z.union([z.literal('fresh'), z.looseObject({ pool: some })]),
  phases: z.array(
    z.looseObject({
      faults: z.array(z.looseObject({})),
      steps: z.array(z.looseObject({ kind: z.enum(stepKindNames) })),
    }),
  ),
});
const failureShape = z.looseObject({
  index: place,
  platform: z.enum(platformNames),
  id: name,
  step: name,
  code: name,
  message: z.string(),
  reason: z.string().exactOptional(),
  atMs: z.number(),
  scenarioMs: z.number(),
});
const shape = z.looseObject({
  schema: z.literal('rollcall-summary/1'),
  seed: name,
  server: z.looseObject({ url: name, isEmbedded: z.boolean() }),
  devices: z.looseObject({
    groups: z.array(z.looseObject({ name, platform: z.enum(platformNames), count: place })).max(10_000),
  }),
  lenient: z.array(name).max(1000),
  failedDevices: z.array(failureShape).max(10_000),
  scenarioText: z.string(),
});

const limits = { maxBytes: 64 * 1024 * 1024, maxDepth: 32 };
const unusable = (message: string) => commandLineError('FILE_UNUSABLE', message);

/** A summary without its log: the plan is read again from the scenario's text, whose paths begin beside the summary. */
function ofSummary(file: string, index: number): Read {
  const read = shape.safeParse(readJsonObject(readGivenFile(file), file, unusable, limits));
  if (!read.success) throw unusable(`${file} is no summary of a run: ${read.error.issues[0]?.path.join('.') ?? ''}`);
  const { seed, server, devices, lenient, failedDevices, scenarioText } = read.data;
  const written = readScenario(scenarioText, { file: `scenario in ${file}`, folder: dirname(file) });
  const groups = devices.groups.map(({ name: group, platform, count }) => {
    const same = written.groups.find((each) => each.name === group && each.platform === platform);
    return { ...same, name: group, platform, count };
  });
  const failure = failedDevices.find((each) => each.index === index) as DeviceFailure | undefined;
  return {
    plan: { ...written, seed, groups },
    target: server,
    lenient,
    ...(failure === undefined ? {} : { failure }),
    isIn: true,
    failed: failedDevices.map((each) => each.index),
  };
}
