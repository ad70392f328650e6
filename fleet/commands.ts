import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { readLeniencies } from '../agent/index.js';
import { realClock } from '../base/clock.js';
import { commandLineError, explainFailure, readGivenText, readWhole } from '../base/command-line.js';
import { isRollcallError } from '../base/errors.js';
import { type ExitCode, exitCodes } from '../base/exit-codes.js';
import { createLog } from '../base/log.js';
import { readLogLevel } from '../base/log-level.js';
import { hasColours, print, printLines, visible } from '../base/terminal.js';
import { startEmbedded } from './coordinator/embedded.js';
import { lastingPorts, untilFree } from './coordinator/kept-ports.js';
import { type LeadOptions, leadRun } from './coordinator/lead.js';
import type { Target } from './engine/target.js';
import type { LogEvent } from './log/events.js';
import { nativeOf } from './manners.js';
import type { ReportOptions, RunCommandOptions, SmokeOptions, TargetOptions } from './options.js';
import { placeOf, usersOf } from './place.js';
import { prepareArtefacts, summaryText } from './report/artefacts.js';
import { widthOf } from './report/command.js';
import { endTable } from './report/end-table.js';
import { isInActions, tellActions, withoutCommands } from './report/github.js';
import { asBefore, failedBefore } from './report/only-failed.js';
import type { Summary } from './report/summary.js';
import { openView } from './report/view.js';
import type { FleetPlan } from './scenario/model.js';
import { needsEnrolledFleet } from './scenario/sense.js';
import { smokePlan, smokeScenario } from './scenario/smoke.js';
import { smokePlace, smokePlatforms } from './smoke-place.js';
import { type FleetState, openFleetState } from './state/folder.js';
import { keysFolderOf, planOf } from './typed.js';

/** Where this program is: what it starts processes with. */
export interface Program {
  /** The command that starts it. */
  readonly self: readonly string[];
  /** The compiled entry of an engine. */
  readonly engine: string;
  readonly version: string;
}

/** What `rollcall fleet run` does. */
export function runScenario(options: RunCommandOptions, program: Program, signal: AbortSignal): Promise<ExitCode> {
  const { 'only-failed': path } = options;
  const before = path === undefined ? undefined : failedBefore(path);
  const read = planOf(options);
  const plan = before === undefined ? read : asBefore(read, before, options);
  const scenario = readGivenText(options.scenario);
  const only = before === undefined ? {} : { only: before.indexes };
  return runAndReport({ plan, scenario, ...only }, options, program, signal);
}

/** What `rollcall smoke` does. */
export function smoke(options: SmokeOptions, program: Program, signal: AbortSignal): Promise<ExitCode> {
  const [platforms, place] = [smokePlatforms(options), smokePlace(options)];
  const made = smokePlan(platforms, place);
  const plan = options.users === undefined ? made : { ...made, users: usersOf(options.users) };
  return runAndReport({ plan, scenario: smokeScenario(platforms, place) }, options, program, signal);
}

type Asked = Pick<LeadOptions, 'plan' | 'scenario' | 'only'>;

/** A state folder is one run's until the run has ended. */
async function runAndReport(
  asked: Asked,
  options: TargetOptions & ReportOptions & Partial<RunCommandOptions>,
  program: Program,
  signal: AbortSignal,
): Promise<ExitCode> {
  const folder = options.state;
  if (folder === undefined) assertEnrolling(asked.plan);
  const state = folder === undefined ? undefined : openFleetState(folder);
  try {
    if (state?.fleet === undefined) assertEnrolling(asked.plan);
    const adopted = state?.adopt(asked.plan, {
      seed: options.seed !== undefined || asked.only !== undefined, // who failed is said by seed and index
      devices: options.devices !== undefined || asked.only !== undefined,
    });
    return await report({ ...asked, plan: adopted?.plan ?? asked.plan }, options, program, signal, {
      state,
      notes: adopted?.notes ?? [],
    });
  } finally {
    state?.close();
  }
}

/** Without a fleet that is kept, nobody is enrolled before the run. */
function assertEnrolling(plan: FleetPlan): void {
  if (needsEnrolledFleet(plan))
    throw commandLineError('USAGE', `${plan.name} enrolls nobody`, {
      hint: 'Name the folder of a fleet that is enrolled with --state, or add a step that enrolls.',
    });
}

async function report(
  asked: Asked,
  options: TargetOptions & ReportOptions & Partial<RunCommandOptions>,
  program: Program,
  signal: AbortSignal,
  { state, notes }: { readonly state: FleetState | undefined; readonly notes: readonly string[] },
): Promise<ExitCode> {
  const { plan } = asked;
  const folder = options.state;
  const lenient = readLeniencies(options.lenient);
  const processes =
    options.processes === undefined ? {} : { processes: readWhole('processes', options.processes, 1, 1024) };
  const place = placeOf(options, plan, state?.fleet?.server);
  const actions = options.json ? process.stderr : process.stdout; // where the table is: in its order
  const endQuiet = isInActions() ? withoutCommands(actions, randomUUID()) : () => undefined;
  const view = openView({ output: process.stderr, clock: realClock, isQuiet: options.quiet });
  const log = createLog({ level: readLogLevel({ fallback: 'error' }), repeats: { clock: realClock } });
  const artefacts = prepareArtefacts({
    out: options.out,
    junit: options.junit,
    clock: realClock,
    onProblem: (problem) => view.note(`the event log ends here: ${problem.message}`),
  });
  try {
    for (const note of notes) view.note(note);
    const keysFolder = folder === undefined ? keysFolderOf(options, (text) => view.note(text)) : join(folder, 'keys');
    const summary = await leadRun({
      ...asked,
      ...processes,
      openTarget: (stop) => openTarget(place, options, plan, program, stop, state),
      signal,
      log,
      lenient,
      ...(keysFolder === undefined ? {} : { keysFolder }),
      ...(state === undefined || folder === undefined ? {} : { state: stateOf(state, folder, plan) }),
      engineProgram: program.engine,
      version: program.version,
      onEvent(event) {
        artefacts.hear(event);
        if (event.type === 'run' && event.target.url !== '') view.note(described(event));
        view.hear(event);
      },
      onPrinted: (text) => print(process.stderr, visible(text)),
    });
    view.settle();
    show(summary, options.json);
    const code = summary.exitCode as ExitCode;
    await artefacts.finish(summary).catch((error: unknown) => {
      if (code === exitCodes.passed || !isRollcallError(error)) throw error;
      print(process.stderr, `rollcall: ${explainFailure(error)}\n`); // the verdict is worse, and its code stays
    });
    endQuiet();
    if (isInActions()) tellActions(summary, actions);
    return code;
  } finally {
    view.settle();
    log.settle();
  }
}

/** One line, before anything is prepared. */
function described({ plan, target, processes, only }: Extract<LogEvent, { type: 'run' }>): string {
  const devices = plan.groups.map(({ name, count }) => `${count} ${name}`).join(', ');
  const steps = plan.phases.reduce((sum, phase) => sum + phase.steps.length, 0);
  const some = only === undefined ? '' : `, ${only.length} of them`;
  const engines = processes === 1 ? '' : `, ${processes} processes`;
  return `${plan.name}: ${devices}${some} at ${target.url}, ${steps} step${steps === 1 ? '' : 's'}${engines}`;
}

/** The place that was named, or an authority of this run's own; one with kept data comes back where its devices know it. */
async function openTarget(
  place: Target | undefined,
  options: TargetOptions,
  plan: FleetPlan,
  { self }: Program,
  signal: AbortSignal,
  state: FleetState | undefined,
): Promise<Target & { readonly pid?: number }> {
  if (place !== undefined) return place;
  const native = nativeOf(options);
  const own = native === undefined ? {} : { native };
  if (state === undefined) return { ...(await startEmbedded({ self, plan, signal })), ...own };
  const kept = state.fleet?.server;
  const ports =
    kept === undefined ? await lastingPorts() : { https: Number(new URL(kept.url).port), mqtt: kept.mqttPort };
  if (kept !== undefined) await untilFree(ports, signal);
  return { ...(await startEmbedded({ self, plan, signal, data: state.authorityFolder, ports })), ...own };
}

const stateOf = (state: FleetState, folder: string, plan: FleetPlan): NonNullable<LeadOptions['state']> => ({
  folder,
  generation: state.generation,
  isResumed: state.fleet !== undefined,
  begin: (target) => state.begin(plan, target),
  settle: state.settle,
});

/** The table, or the summary as JSON; a run that did not start says why where failures are told. */
function show(summary: Summary, isJson: boolean): void {
  const { outcome, problem } = summary;
  if (isJson) print(process.stdout, summaryText(summary));
  if (outcome === 'not-started' && problem !== undefined) {
    const said = [`${problem.code}: ${problem.message}`, ...(problem.hint === undefined ? [] : [`  ${problem.hint}`])];
    const told = said.map((line) => line.replace(/\n(?! )/g, '\n    ')).join('\n'); // nobody's text begins a line of ours
    print(process.stderr, `rollcall: ${told}\n`);
  } else if (!isJson) {
    print(process.stdout, '\n');
    printLines(process.stdout, endTable(summary, widthOf(process.stdout)), hasColours(process.stdout));
  }
}
