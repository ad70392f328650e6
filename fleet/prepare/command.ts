import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { realClock } from '../../base/clock.js';
import { readGivenText } from '../../base/command-line.js';
import { shortDuration } from '../../base/duration.js';
import { type ExitCode, exitCodes } from '../../base/exit-codes.js';
import { createLog } from '../../base/log.js';
import { readLogLevel } from '../../base/log-level.js';
import { print } from '../../base/terminal.js';
import { readTenantFile } from '../../server-stub/index.js';
import type { Program } from '../commands.js';
import { startEmbedded } from '../coordinator/embedded.js';
import { lastingPorts } from '../coordinator/kept-ports.js';
import type { ScenarioOptions } from '../options.js';
import { openView } from '../report/view.js';
import { planOf } from '../typed.js';
import { prepareFleet } from './prepare.js';

export interface PrepareCommandOptions extends ScenarioOptions {
  readonly state: string;
  readonly users?: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** What `rollcall fleet prepare` does. */
export async function prepare(
  options: PrepareCommandOptions,
  { self }: Program,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { state: folder, json: isJson, quiet: isQuiet } = options;
  const plan = { ...planOf(options), phases: [], thresholds: [], abortOn: [], omitted: [] };
  const tenant = plan.tenant === undefined ? {} : { tenant: tenantAt(plan.tenant) };
  const log = createLog({ level: readLogLevel({ fallback: 'error' }), repeats: { clock: realClock } });
  const view = openView({ output: process.stderr, clock: realClock, isQuiet });
  const began = performance.now();
  const progress = progressOf((text) => view.note(text));
  try {
    const prepared = await prepareFleet({
      plan,
      folder,
      ...tenant,
      async openAuthority(data, stop) {
        return startEmbedded({ self, plan, signal: stop, data, ports: await lastingPorts() });
      },
      signal,
      log,
      onNote: (text) => view.note(text),
      onEvent(event) {
        if (event.type === 'preparing' || event.type === 'phase' || event.type === 'delta') view.hear(event);
      },
      onProgress: progress,
    });
    view.settle();
    const seconds = (performance.now() - began) / 1000;
    const told = { ...prepared, state: folder, seconds, bytes: bytesIn(folder) };
    if (isJson) print(process.stdout, `${JSON.stringify(told, null, 2)}\n`);
    else
      print(
        process.stdout,
        `${prepared.devices} devices are enrolled in ${folder} (${Math.ceil(told.bytes / 1e6)} MB, ${shortDuration(seconds * 1000)}), seed "${prepared.seed}".\n` +
          `Go on with them: rollcall fleet run SCENARIO --state ${folder}\n`,
      );
    return exitCodes.passed;
  } finally {
    view.settle();
    log.settle();
  }
}

/** As `rollcall server` reads it, which tells what of it has no effect. */
const tenantAt = (file: string) =>
  readTenantFile(readGivenText(file), { file, sources: { folder: dirname(file), environment: process.env } });

const tellEveryMs = 3000;

/** Says now and then how many there are, how fast they come, and how long it will take. */
function progressOf(say: (text: string) => void): (done: number, total: number) => void {
  const began = performance.now();
  let first: { readonly at: number; readonly done: number } | undefined;
  let last = began;
  return (done, total) => {
    const now = performance.now();
    first ??= { at: now, done };
    if (now - last < tellEveryMs && done < total) return;
    last = now;
    const perSecond = ((done - first.done) * 1000) / (now - first.at);
    const isKnown = perSecond > 0 && Number.isFinite(perSecond) && done < total;
    const left = isKnown ? `  ${shortDuration(((total - done) / perSecond) * 1000)} left` : '';
    say(`devices ${done}/${total}${isKnown ? `  ${Math.round(perSecond)}/s` : ''}${left}`);
  };
}

/** What the files of a folder take. */
function bytesIn(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    return sum + (entry.isDirectory() ? bytesIn(path) : statSync(path).size);
  }, 0);
}
