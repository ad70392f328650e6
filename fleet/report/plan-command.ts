import { realClock } from '../../base/clock.js';
import { readWhole } from '../../base/command-line.js';
import { shortDuration, showDuration } from '../../base/duration.js';
import { type ExitCode, exitCodes } from '../../base/exit-codes.js';
import { hasColours, print, printLines, type Screen, visible } from '../../base/terminal.js';
import { defaultProcesses } from '../coordinator/processes.js';
import { withoutSecrets } from '../engine/secrets.js';
import type { PlanOptions } from '../options.js';
import { placeOf } from '../place.js';
import type { FleetPlan } from '../scenario/model.js';
import { needsEnrolledFleet } from '../scenario/sense.js';
import { planOf } from '../typed.js';
import { type Check, cpuChecks, healthChecks, needOf, resourceChecks } from './capacity.js';
import { widthOf } from './command.js';
import type { Line } from './end-table.js';
import { type Forecast, type ForecastStep, forecast } from './forecast.js';
import { tableLines } from './layout.js';
import { type Machine, measureMachine } from './machine.js';

type Out = Screen & { readonly columns?: number };

/** What `rollcall fleet plan` does. Throws what reading the scenario throws, USAGE. */
export function showPlan(options: PlanOptions): Promise<ExitCode> {
  const { processes, json } = options;
  const plan = planOf(options);
  return showForecast(plan, {
    json,
    isEmbedded: needsEnrolledFleet(plan) ? options.server === undefined : placeOf(options, plan) === undefined,
    ...(processes === undefined ? {} : { processes: readWhole('processes', processes, 1, 1024) }),
  });
}

/** What will happen, and whether this machine can do it. Nothing is sent. */
export async function showForecast(
  plan: FleetPlan,
  options: { readonly json: boolean; readonly isEmbedded: boolean; readonly processes?: number | undefined },
  output: Out = process.stdout,
  measured: Promise<Machine> = measureMachine(realClock),
): Promise<ExitCode> {
  const machine = await measured;
  const coming = forecast(plan);
  const processes = options.processes ?? defaultProcesses(coming.devices, options.isEmbedded, machine.cores);
  const need = needOf(plan, options.isEmbedded, processes);
  const checks = [...cpuChecks(coming, machine, need), ...resourceChecks(machine, need)];
  if (options.json)
    print(
      output,
      `${visible(JSON.stringify({ ...withoutSecrets(plan), forecast: coming, machine, processes, checks }, null, 2))}\n`,
    );
  else printLines(output, planLines(plan, coming, machine, checks, processes, widthOf(output)), hasColours(output));
  return exitCodes.passed;
}

/** What `rollcall fleet doctor` does: whether this machine can be a load engine. Exit code 5 where it cannot. */
export async function showDoctor(
  { devices, json }: { readonly devices: number; readonly json: boolean },
  output: Out = process.stdout,
  measured: Promise<Machine> = measureMachine(realClock),
): Promise<ExitCode> {
  const machine = await measured;
  const processes = defaultProcesses(devices, true, machine.cores);
  const need = { devices, android: Math.ceil(devices / 3), concurrency: devices, processes, isEmbedded: true };
  const checks = [...healthChecks(machine), ...resourceChecks(machine, need)];
  const isShort = checks.some(({ state }) => state === 'short');
  if (json) print(output, `${visible(JSON.stringify({ devices, machine, checks }, null, 2))}\n`);
  else
    printLines(
      output,
      [
        { text: `this machine, for ${devices} devices of which all are in a session at once` },
        ...checks.flatMap(checkLines),
        ...(isShort
          ? [{ text: 'not fit: see above', colour: 'red' as const }]
          : [{ text: 'fit', colour: 'green' as const }]),
      ],
      hasColours(output),
    );
  return isShort ? exitCodes.notStarted : exitCodes.passed;
}

const words = { ok: 'ok   ', tight: 'tight', short: 'SHORT' } as const;
const colours = { ok: {}, tight: { colour: 'yellow' }, short: { colour: 'red' } } as const;
const checkLines = ({ name, state, found, remedy }: Check): Line[] => [
  { text: `  ${words[state]}  ${name}: ${found}`, ...colours[state] },
  ...(remedy === undefined ? [] : [{ text: `         ${remedy}` }]),
];

function planLines(
  plan: FleetPlan,
  coming: Forecast,
  machine: Machine,
  checks: readonly Check[],
  processes: number,
  width: number,
): Line[] {
  const groups = plan.groups.map(({ name, count }) => `${count} ${name}`).join(', ');
  const keys =
    plan.keys === 'fresh'
      ? `${coming.devices} keys, one each`
      : `${Math.min(plan.keys.pool, coming.devices)} shared keys`;
  const connections = plan.connections === 'shared' ? 'kept connections' : 'a connection for each session';
  const peak = Math.max(0, ...coming.phases.map(({ peakPerSecond }) => peakPerSecond));
  return [
    { text: `${plan.name}: ${groups}, seed "${plan.seed}"${startOf(plan)}` },
    { text: `  at most ${plan.concurrency} sessions at a time, ${keys}, ${connections}` },
    { text: '' },
    ...coming.phases.flatMap((phase) => [
      {
        text: `${phase.name}${phase.scale === 1 ? '' : `, ${phase.scale} times as fast`}, ${phase.realMs === 0 ? 'as long as it takes' : `${showDuration(phase.realMs)} by its schedule`}`,
      },
      ...tableLines(columns, phase.steps, width).map((text) => ({ text: `  ${text}` })),
      ...phase.steps.map(({ name, detail }) => ({ text: `    ${name}: ${detail}` })),
    ]),
    { text: '' },
    {
      text: `${coming.sessions} sessions, ${showDuration(coming.realMs)} by their schedule, ${rate(peak)} in the busiest second`,
    },
    ...(plan.thresholds.length + plan.abortOn.length === 0 ? [] : [{ text: '' }]),
    ...plan.thresholds.map((text) => ({ text: `  must hold: ${text}` })),
    ...plan.abortOn.map((text) => ({ text: `  ends at once on: ${text}` })),
    { text: '' },
    {
      text: `this machine: ${machine.cores} cores with ${machine.signatures} RSA-2048 signatures a second each, ${processes} of them for the load`,
    },
    ...checks.flatMap(checkLines),
    ...(checks.every(({ state }) => state === 'ok') ? [{ text: 'it can do that', colour: 'green' as const }] : []),
  ];
}

const rate = (perSecond: number): string => (perSecond < 10 ? perSecond.toFixed(1) : String(Math.round(perSecond)));

const columns = [
  { title: 'step', cell: ({ name }: ForecastStep) => name },
  { title: 'sessions', cell: ({ sessions }: ForecastStep) => String(sessions) },
  {
    title: 'peak /s',
    cell: ({ peakPerSecond, sessions }: ForecastStep) => (sessions === 0 ? '-' : rate(peakPerSecond)),
  },
  {
    title: 'lasts',
    cell: ({ lastsMs }: ForecastStep) => (lastsMs === undefined ? '-' : shortDuration(lastsMs)),
  },
];

const startOf = ({ authority, tenant }: FleetPlan): string =>
  tenant === undefined ? `, starts under ${authority}` : ', starts as its tenant says';
