import { shortDuration, showDuration } from '../../base/duration.js';
import type { Colour } from '../../base/terminal.js';
import { type Column, tableLines } from './layout.js';
import type { Figures, StepFigures, Summary, Verdict } from './summary.js';

/** A line of the end table, which holds text of others: to be written by `printLines`. */
export interface Line {
  readonly text: string;
  readonly colour?: Colour;
}

/** Operations that are shown; all are in the summary. */
const mostOperations = 15;

/** What a run came to, for people: a row for each step and operation in `width` columns, what went wrong, the verdict last. */
export function endTable(summary: Summary, width: number): readonly Line[] {
  if (isEmpty(summary)) return ending(summary);
  const sections = [
    plain(tableLines(stepColumns, summary.steps, width)),
    plain(summary.steps.flatMap(remarksOf)),
    operations(summary, width),
    failures(summary),
    ...told(summary),
    verdicts(summary),
    titled(
      `${summary.omitted.length} skipped:`,
      summary.omitted.map(({ name, why }) => `  ${name}: ${why}`),
    ),
    ...lost(summary, width),
    generator(summary),
    ending(summary),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines, at) => (at === 0 ? lines : [{ text: '' }, ...lines]));
}

/** Nothing was begun, or it ended before anything was counted: a table of zeros says nothing. */
const isEmpty = ({ outcome, steps, lostShards }: Summary): boolean =>
  outcome === 'not-started' ||
  ((outcome === 'interrupted' || outcome === 'incomplete') &&
    lostShards.length === 0 &&
    steps.every(({ count, counts }) => count === 0 && Object.keys(counts).length === 0));

const plain = (lines: readonly string[]): Line[] => lines.map((text) => ({ text }));
const titled = (title: string, lines: readonly string[]): Line[] =>
  lines.length === 0 ? [] : plain([title, ...lines]);

const counted = ({ counts }: Figures, name: string): number => counts[name] ?? 0;
const time =
  (series: 'response' | 'service', key: 'p50' | 'p95' | 'p99' | 'max') =>
  (figures: Figures): string => {
    const percentiles = figures[series];
    return percentiles === undefined ? '-' : shortDuration(percentiles[key]);
  };
const rate = ({ perSecond }: Figures): string =>
  perSecond === undefined ? '-' : perSecond < 9.95 ? perSecond.toFixed(1) : String(Math.round(perSecond));

type StepRow = Figures & { readonly name: string; readonly tookMs?: number };
const stepColumns: readonly Column<StepRow>[] = [
  { title: 'step', cell: ({ name }) => name },
  { title: 'count', cell: ({ count }) => String(count) },
  { title: 'failed', cell: (step) => String(counted(step, 'failures')) },
  { title: 'p50', cell: time('response', 'p50'), leaveOut: 1 },
  { title: 'p95', cell: time('response', 'p95') },
  { title: 'p99', cell: time('response', 'p99') },
  { title: 'max', cell: time('response', 'max'), leaveOut: 2 },
  { title: 'service p95', cell: time('service', 'p95'), leaveOut: 4 },
  { title: 'service p99', cell: time('service', 'p99') },
  { title: '/s', cell: rate, leaveOut: 5 },
  { title: 'took', cell: ({ tookMs }) => (tookMs === undefined ? '-' : shortDuration(tookMs)), leaveOut: 3 },
];

const remarks = {
  kept: 'enrolled in an earlier run',
  skipped: 'skipped, they had failed before',
  cutOff: 'cut off',
  notStarted: 'not started',
  late: 'late',
  dropped: 'dropped',
  away: 'away',
  superseded: 'superseded by a later step',
  unconcerned: 'not concerned',
  moved: 'moved',
  allowed: 'uses allowed',
  refused: 'uses refused',
} as const;

/** What a step counted beside passed and failed, and its durations in the scenario's time. */
function remarksOf(step: StepFigures): string[] {
  const said = Object.entries(remarks).flatMap(([name, words]) => {
    const count = counted(step, name);
    return count === 0 ? [] : [`${count} ${words}`];
  });
  const { lasted } = step;
  return [
    ...(said.length === 0 ? [] : [`${step.name}: ${said.join(', ')}`]),
    ...(lasted === undefined
      ? []
      : [
          `${step.name}, scenario time: p50 ${shortDuration(lasted.p50)}, p95 ${shortDuration(lasted.p95)}, max ${shortDuration(lasted.max)}`,
        ]),
  ];
}

type Operation = Figures & { readonly name: string };
const operationColumns: readonly Column<Operation>[] = [
  { title: 'operation', cell: ({ name }) => name },
  { title: 'count', cell: ({ count }) => String(count) },
  { title: 'failed', cell: (each) => String(counted(each, 'failures')) },
  { title: 'p50', cell: time('service', 'p50'), leaveOut: 1 },
  { title: 'p95', cell: time('service', 'p95') },
  { title: 'p99', cell: time('service', 'p99') },
  { title: 'max', cell: time('service', 'max'), leaveOut: 2 },
  { title: '/s', cell: rate, leaveOut: 3 },
];

function operations(summary: Summary, width: number): Line[] {
  const all = Object.entries(summary.operations)
    .map(([name, figures]) => ({ ...figures, name }))
    .sort((one, other) => other.count - one.count);
  if (all.length === 0) return [];
  const rows = all.slice(0, mostOperations);
  const rest = all.length - rows.length;
  return plain([
    ...tableLines(operationColumns, rows, width),
    ...(rest === 0 ? [] : [`and ${rest} more operations, in summary.json`]),
    ...wire(summary),
  ]);
}

/** In all, for the whole run. */
function wire({ total }: Summary): string[] {
  const requests = counted(total, 'requests');
  if (requests === 0) return [];
  const connections = counted(total, 'connections');
  const said = [
    `${requests} requests`,
    `${showBytes(counted(total, 'sentBytes'))} sent`,
    `${showBytes(counted(total, 'receivedBytes'))} received`,
    `${connections} connections`,
    ...(connections === 0 ? [] : [`${Math.round((100 * counted(total, 'resumed')) / connections)}% resumed`]),
  ];
  return [said.join(', ')];
}

/** "420 KB", "1.9 MB". */
export function showBytes(count: number): string {
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['KB', 1e3],
  ] as const)
    if (count >= size) return `${(count / size).toFixed(count < 10 * size ? 1 : 0)} ${unit}`;
  return `${count} B`;
}

const failures = ({ steps }: Summary): Line[] =>
  titled(
    'failures, each with the first of its kind:',
    steps.flatMap(({ name, errors }) =>
      errors.flatMap(({ code, count, words }) => [
        `  ${name}: ${code} x ${count}`,
        ...(words === '' ? [] : [`    ${words}`]),
      ]),
    ),
  );

const toldTitles = {
  refused: 'commands that devices refused',
  later: 'commands that devices put off',
  trouble: 'what devices had trouble with',
  conventions: 'what the protocol has no word for, done by convention',
  lifted: 'what real devices would have refused',
} as const;

const told = (summary: Summary): Line[][] =>
  (['refused', 'later', 'trouble', 'conventions', 'lifted'] as const).map((kind) =>
    titled(
      `${toldTitles[kind]}, each with the first of its kind:`,
      summary.told[kind].flatMap(({ what, count, sample }) => [`  ${what} x ${count}`, `    ${sample}`]),
    ),
  );

const verdicts = ({ verdicts: all }: Summary): Line[] =>
  all.map((verdict) => ({
    text: `${wordOf(verdict)}  ${verdict.threshold}   (${verdict.actual})`,
    ...(verdict.passed ? {} : { colour: verdict.isJudged ? ('red' as const) : ('yellow' as const) }),
  }));

const wordOf = ({ passed, isJudged }: Verdict): string => (passed ? 'ok    ' : isJudged ? 'MISSED' : 'open  ');

function generator({ generator: health, processes }: Summary): Line[] {
  const figures = [
    `event loop p99 ${shortDuration(health.loopP99Ms)}`,
    `late p99 ${shortDuration(health.lateP99Ms)}`,
    `CPU ${Math.round(100 * health.cpuMax)}%`,
    showBytes(health.rssMaxBytes),
  ].join(', ');
  const shared = health.isShared
    ? [{ text: 'shared machine: the authority ran here too, and took its part of it' }]
    : [];
  const many = processes === 1 ? '1 process' : `${processes} processes`;
  if (health.state === 'sound') return [{ text: `generator (${many}): kept up; ${figures}` }, ...shared];
  return [
    { text: `GENERATOR-BOUND (${many}): part of these times is this machine's own; ${figures}`, colour: 'yellow' },
    ...health.reasons.map((reason) => ({ text: `  ${reason}` })),
    ...shared,
  ];
}

/** What engines had measured that were lost, each by itself. */
const lost = ({ lostShards, processes }: Summary, width: number): Line[][] =>
  lostShards
    .filter(({ steps }) => steps.length > 0 && processes > 1)
    .map(({ shard, steps }) =>
      titled(
        `engine ${shard + 1} of ${processes} was lost; until then it had measured, ${
          lostShards.length < processes ? 'in no figure above' : 'in the figures above too, as no engine is left'
        }:`,
        tableLines(stepColumns, steps, width),
      ),
    );

const colours: Readonly<Record<Summary['outcome'], Colour>> = {
  passed: 'green',
  failed: 'red',
  incomplete: 'yellow',
  interrupted: 'yellow',
  aborted: 'red',
  'not-started': 'red',
};

function ending(summary: Summary): Line[] {
  const { keys, problem, lenient } = summary;
  const isShared = keys.devices > keys.keys && keys.keys > 0;
  const said = [
    `${summary.scenario}: ${summary.outcome} in ${showDuration(summary.tookMs)}`,
    ...(isShared ? [`${keys.keys} keys shared by ${keys.devices} devices`] : []),
    ...(lenient.length === 0 ? [] : [`lenient: ${lenient.join(', ')}`]),
    `seed "${summary.seed}"`,
  ].join(', ');
  return [
    ...summary.lostShards.map(({ shard, why, devices }) => ({
      text: `engine ${shard + 1} of ${summary.processes} with ${devices} devices was lost: ${why}`,
      colour: 'yellow' as const,
    })),
    { text: said, colour: colours[summary.outcome] },
    ...(problem === undefined ? [] : whyOf(problem)),
    ...(isKilled(summary) ? [{ text: '  it was killed, or goes on: these are its figures until then' }] : []),
  ];
}

/** Its log has no end. */
const isKilled = ({ outcome, problem, lostShards }: Summary): boolean =>
  outcome === 'incomplete' && problem === undefined && lostShards.length === 0;

/** Nobody's text begins a line of ours. */
function whyOf({ code, message, hint }: NonNullable<Summary['problem']>): Line[] {
  const [first = '', ...rest] = message.split('\n');
  return [
    `  ${code}: ${first}`,
    ...rest.map((line) => `    ${line}`),
    ...(hint === undefined ? [] : [`  ${hint}`]),
  ].map((text) => ({ text }));
}
