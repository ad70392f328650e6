// `rollcall device --replay RUN:INDEX`: what happened to one device of a run, seen again from the desk.
import { type Desk, type DeviceEvent, type Leniency, readLeniencies } from '../../agent/index.js';
import { commandLineError } from '../../base/command-line.js';
import { openDiagnostics } from '../../base/diagnostics.js';
import type { DiagnosticsOptions } from '../../base/diagnostics-options.js';
import { showDuration } from '../../base/duration.js';
import { type ExitCode, exitCodes } from '../../base/exit-codes.js';
import { toJsonText } from '../../base/failure-json.js';
import type { Log } from '../../base/log.js';
import { type Colour, print, printIn, visibleLine } from '../../base/terminal.js';
import type { Trace } from '../../base/trace.js';
import { traceForm } from '../../protocol/traced.js';
import { invitationOf, personOf } from '../engine/invitation.js';
import { castOf, faultsOf } from '../engine/scene.js';
import { secretsIn } from '../engine/secrets.js';
import { engineTargetOf, type Target } from '../engine/target.js';
import type { FleetPlan } from '../scenario/model.js';
import { replayPlan } from './plan.js';
import { type RecordedRun, readPlace, readRecorded } from './recorded.js';
import { type Replayed, type ReplayedStep, replayDevice } from './run.js';
import { compared, failureLines } from './verdict.js';
import { missingOf, targetOf, usersIn, type WhereOptions } from './where.js';

/** What a person types after `rollcall device --replay`. */
interface ReplayCommandOptions extends WhereOptions, DiagnosticsOptions {
  readonly replay: string;
  readonly lenient?: string | undefined;
  readonly once: boolean;
  readonly json: boolean;
  readonly stay: boolean;
}

/** Options of `rollcall device` that do not say which device it is or where: the run does. */
const fitting: ReadonlySet<string> = new Set([
  ...['replay', 'platform', 'server', 'profile', 'ca', 'push', 'token', 'users', 'enroll-token', 'mqtt-port'],
  ...['allow-http', 'lenient', 'trace', 'log-level', 'once', 'json', 'stay', 'unsupervised', 'forget'],
]);

function check(options: ReplayCommandOptions): void {
  const isSaid = ([, value]: readonly [string, unknown]): boolean => value !== undefined && value !== false;
  const stray = Object.entries(options)
    .filter(isSaid)
    .map(([name]) => name)
    .find((name) => /^[a-z][a-z-]+$/.test(name) && !fitting.has(name));
  const other = (['unsupervised', 'forget'] as const).find((name) => Reflect.get(options, name) === true);
  const wrong = stray ?? other;
  if (wrong !== undefined)
    throw commandLineError('USAGE', `--${wrong} says nothing with --replay: the run says which device it is`);
  if (options.json && !options.once) throw commandLineError('USAGE', '--json goes with --once');
  if (options.stay && options.once) throw commandLineError('USAGE', '--stay says nothing with --once');
}

/**
 * What `rollcall device --replay` does: the steps of the run that the device took part in, up to the one in which it failed, one after
 * another; then the prompt, unless `once`. Throws USAGE, FILE_UNUSABLE, LOG_INVALID, RUN_NOT_STARTED.
 */
export async function replay(
  options: ReplayCommandOptions,
  { self }: { readonly self: readonly string[] },
  desk: Desk,
  signal: AbortSignal,
): Promise<ExitCode> {
  check(options);
  const place = readPlace(options.replay);
  const run = await readRecorded(place);
  const users = usersIn(run.plan, options.users);
  const plan: FleetPlan = { ...run.plan, users };
  const group = castOf(plan).groupOf(place.index);
  const lenient = options.lenient === undefined ? run.lenient : readLeniencies(options.lenient);
  const tell = options.json ? () => undefined : (text: string) => print(process.stderr, `${text}\n`);
  const diagnostics = await openDiagnostics(options, 'error', traceForm);
  try {
    tell(
      visibleLine(`device ${place.index} of "${plan.name}", ${group.name}, of ${personOf(users, place.index).user}`),
    );
    tell(recordedText(run));
    const faults = new Set(faultsOf(plan, castOf(plan), place.index).map(({ fault }) => fault.kind));
    if (faults.size > 0) tell(`  faults that the scenario gives it: ${[...faults].join(', ')}`);
    const missing = missingOf(options, run);
    if (missing.length > 0)
      tell(
        `  the run was given ${missing.join(', ')} too: give it again if it is needed, for values are no part of a log`,
      );
    const target = await targetOf(options, run, plan, group.platform, self, signal);
    tell(`  at ${target.isEmbedded ? 'a stub of its own' : visibleLine(target.url)}`); // before passwords and tokens go there
    try {
      const { once, json, stay } = options;
      const { log, trace } = diagnostics;
      const { index } = place;
      return await at(target, { once, json, stay, index, run, plan, lenient, tell, desk, signal, log, trace });
    } finally {
      await target.close();
    }
  } finally {
    await diagnostics.close();
  }
}

interface Scene extends Pick<ReplayCommandOptions, 'once' | 'json' | 'stay'> {
  readonly index: number;
  readonly run: RecordedRun;
  /** Of the run, with its people. */
  readonly plan: FleetPlan;
  readonly lenient: readonly string[];
  readonly tell: (text: string) => void;
  readonly desk: Desk;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly trace?: Trace | undefined;
}

async function at(target: Target, scene: Scene): Promise<ExitCode> {
  const { index, run, plan, tell, desk, signal, log, trace } = scene;
  const lenient = scene.lenient as readonly Leniency[];
  const movesClock = target.isEmbedded || (target.adminToken !== undefined && hasClockStep(plan));
  const replayed = await replayDevice({
    plan: replayPlan(plan, { until: run.failure?.step, movesClock }),
    index,
    target,
    lenient,
    signal,
    log,
    trace,
    onNote: (text) => tell(`  ${visibleLine(text)}`),
    onStep: (step, event) => tellStep(step, event, tell),
    onDevice: (event) => (scene.json || isOwnCa(event, target) ? undefined : desk.tell(event)),
  });
  const code = shown(replayed, scene);
  const { state, summary } = replayed;
  if (scene.once || state === undefined || summary.problem !== undefined || signal.aborted) return code;
  const faults = plan.phases.some((phase) => phase.faults.length > 0)
    ? '; faults of the scenario are off from now on'
    : '';
  tell(`now it is yours${faults}`);
  return await desk.liveOn({
    state,
    invitation: invitationOf(
      engineTargetOf(target),
      plan.users,
      secretsIn(process.env, target.isEmbedded),
      index,
      state.facts,
    ),
    ca: target.ca,
    pushUrl: target.pushUrl,
    allowHttp: target.allowHttp,
    lenient,
    ...(movesClock ? { clockOf: target.url } : {}),
    log,
    trace,
    signal,
    stay: scene.stay,
  });
}

/** A stub that was started for this has a CA of its own, which no real device would know. */
const isOwnCa = (event: DeviceEvent, { isEmbedded, url }: Target): boolean =>
  isEmbedded && event.type === 'trouble' && event.code === 'TLS_UNTRUSTED' && event.about === url;

const hasClockStep = ({ phases }: FleetPlan): boolean =>
  phases.some(({ scale, steps }) => scale !== 1 || steps.some(({ kind }) => kind === 'clock'));

function recordedText({ failure, isIn }: RecordedRun): string {
  if (!isIn) return '  it took no part in the run, which was of some devices only';
  if (failure === undefined) return '  in the run it did not fail';
  const [head = '', ...rest] = failureLines(failure);
  return [`  in the run it failed after ${showDuration(failure.atMs)} in ${head}`, ...rest.map((line) => `  ${line}`)]
    .map(visibleLine)
    .join('\n');
}

function tellStep(
  { name, kind, outcome, tookMs }: ReplayedStep,
  event: 'began' | 'ended',
  tell: (text: string) => void,
): void {
  if (event === 'began') {
    if (outcome !== 'elsewhere' && kind !== 'clock') tell(`${name} ...`);
    return;
  }
  if (kind === 'clock') tell(name.replace(/ \(\d+\)$/, ''));
  else if (outcome === 'passed') tell(`  passed in ${showDuration(tookMs)}`);
}

/** Prints what it came to; says the exit code. */
function shown({ steps, failure, state, summary }: Replayed, { run, json, once, desk }: Scene): ExitCode {
  const { problem, outcome } = summary;
  const isBroken = problem !== undefined || (outcome === 'interrupted' && failure === undefined);
  const { isSame, text, hint } = compared(run.failure, failure);
  const code = isBroken
    ? (summary.exitCode as ExitCode)
    : failure === undefined
      ? exitCodes.passed
      : exitCodes.thresholds;
  if (json) {
    print(
      process.stdout,
      toJsonText({
        ...(isBroken
          ? { problem: problem ?? { code: 'INTERRUPTED', message: 'stopped on request' } }
          : { same: isSame, verdict: text }),
        recorded: run.failure ?? null,
        failure: failure ?? null,
        steps,
        device: state === undefined ? null : desk.status(state),
      }),
    );
    return code;
  }
  if (problem !== undefined) {
    print(
      process.stderr,
      `rollcall: ${problem.code}: ${problem.message}\n${problem.hint === undefined ? '' : `  ${problem.hint}\n`}`,
    );
    return code;
  }
  const say = (line: string, colour?: Colour) => printIn(colour, process.stdout, `${visibleLine(line)}\n`);
  if (failure !== undefined) for (const line of failureLines(failure)) say(line, 'red');
  if (!isBroken) say(text, isSame ? undefined : 'yellow');
  if (!isBroken && hint !== undefined) say(`  ${hint}`);
  if (once && state !== undefined) print(process.stdout, desk.show(state));
  return code;
}
