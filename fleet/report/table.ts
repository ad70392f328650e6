import { showDuration } from '../../base/duration.js';
import { visibleLine } from '../../base/terminal.js';
import { lateAfterMs, type StepFigures } from '../metrics/figures.js';
import type { RunResult } from './result.js';

interface Column {
  readonly title: string;
  readonly cell: (step: StepFigures) => string;
  /** Left out where no step has anything to say in it. */
  readonly isShown?: (step: StepFigures) => boolean;
}

const percentile = (series: 'response' | 'service', key: 'p50' | 'p95' | 'p99' | 'max') => (step: StepFigures) =>
  step.count > step.failures ? showDuration(step[series][key]) : '-';

const columns: readonly Column[] = [
  { title: 'step', cell: (step) => step.name },
  { title: 'count', cell: (step) => String(step.count) },
  { title: 'failures', cell: (step) => String(step.failures) },
  { title: 'skipped', cell: (step) => String(step.skipped), isShown: (step) => step.skipped > 0 },
  { title: 'cut off', cell: (step) => String(step.cutOff), isShown: (step) => step.cutOff > 0 },
  { title: 'not started', cell: (step) => String(step.notStarted), isShown: (step) => step.notStarted > 0 },
  { title: 'p50', cell: percentile('response', 'p50') },
  { title: 'p95', cell: percentile('response', 'p95') },
  { title: 'p99', cell: percentile('response', 'p99') },
  { title: 'max', cell: percentile('response', 'max') },
  { title: 'service p99', cell: percentile('service', 'p99') },
  { title: 'late', cell: (step) => String(step.late), isShown: (step) => step.late > 0 },
  { title: 'took', cell: (step) => showDuration(step.tookMs) },
];

/** The summary as aligned text: one row per step, then failures, thresholds and the verdict. */
export function renderTable(result: RunResult): string {
  const shown = columns.filter(({ isShown }) => isShown === undefined || result.steps.some(isShown));
  const rows = result.steps.map((step) => shown.map(({ cell }) => visibleLine(cell(step))));
  const widths = shown.map(({ title }, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [
    line(shown.map(({ title }) => title)),
    rule,
    ...rows.map(line),
    ...remarks(result),
    ...failures(result),
    ...told(result),
    ...verdicts(result),
    ...omitted(result),
    '',
    summary(result),
    '',
  ].join('\n');
}

function remarks(result: RunResult): string[] {
  const late = result.steps.reduce((sum, step) => sum + step.late, 0);
  if (late === 0) return [];
  return [
    '',
    `late: began more than ${showDuration(lateAfterMs)} behind their time, because the concurrency or this machine kept them back;`,
    'p50 to max count from when a device was meant to start, service from when it did.',
  ];
}

function failures(result: RunResult): string[] {
  const lines = result.steps.flatMap((step) =>
    Object.entries(step.errors).flatMap(([code, count]) => [
      `  ${visibleLine(step.name)}: ${code} x ${count}`,
      ...(step.samples[code] === undefined ? [] : [`    ${visibleLine(step.samples[code] ?? '')}`]),
    ]),
  );
  return lines.length === 0 ? [] : ['', 'failures, each with the first of its kind:', ...lines];
}

const toldTitles = {
  refused: 'commands that devices refused',
  later: 'commands that devices put off',
  trouble: 'what devices had trouble with',
  conventions: 'what the protocol has no word for, done by convention',
  lifted: 'what real devices would have refused',
} as const;

function told(result: RunResult): string[] {
  const kinds = ['refused', 'later', 'trouble', 'conventions', 'lifted'] as const;
  return kinds.flatMap((kind) => {
    const lines = result.told[kind].flatMap(({ what, count, sample }) => [
      `  ${visibleLine(what)} x ${count}`,
      `    ${visibleLine(sample)}`,
    ]);
    return lines.length === 0 ? [] : ['', `${toldTitles[kind]}, each with the first of its kind:`, ...lines];
  });
}

function verdicts(result: RunResult): string[] {
  if (result.verdicts.length === 0) return [];
  return [
    '',
    ...result.verdicts.map(
      (each) => `${each.passed ? 'ok    ' : each.isJudged ? 'MISSED' : 'open  '}  ${each.threshold}   (${each.actual})`,
    ),
  ];
}

function omitted(result: RunResult): string[] {
  if (result.omitted.length === 0) return [];
  const lines = result.omitted.map(({ name, why }) => `  ${visibleLine(name)}: ${visibleLine(why)}`);
  return ['', `${result.omitted.length} skipped:`, ...lines];
}

function summary(result: RunResult): string {
  const { keys } = result;
  const shared =
    keys.devices > keys.keys && keys.keys > 0 ? `, ${keys.keys} keys shared by ${keys.devices} devices` : '';
  const why = result.problem === undefined ? '' : `\n  ${result.problem.replaceAll('\n', '\n    ')}`;
  const lifted = result.lenient.length === 0 ? '' : `, lenient: ${result.lenient.join(', ')}`;
  return `${result.scenario}: ${result.outcome} in ${showDuration(result.tookMs)}${shared}${lifted}, seed "${result.seed}"${why}`;
}
