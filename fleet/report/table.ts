import { showDuration } from '../scenario/duration.js';
import type { RunResult } from './result.js';

const columns = ['step', 'count', 'failures', 'p50', 'p95', 'p99', 'max', 'took'] as const;

/** The summary as aligned text: one row per step, then errors, thresholds and the verdict. */
export function renderTable(result: RunResult): string {
  const rows = result.steps.map((step) => [
    step.name,
    String(step.count),
    String(step.failures),
    ...(['p50', 'p95', 'p99', 'max'] as const).map((key) =>
      step.count > step.failures ? showDuration(step.response[key]) : '-',
    ),
    showDuration(step.tookMs),
  ]);
  const widths = columns.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [line(columns), rule, ...rows.map(line), ...errors(result), ...verdicts(result), '', summary(result), ''].join(
    '\n',
  );
}

function errors(result: RunResult): string[] {
  const lines = result.steps.flatMap((step) =>
    Object.entries(step.errors).map(([code, count]) => `  ${step.name}: ${code} x ${count}`),
  );
  return lines.length === 0 ? [] : ['', 'failures (docs/errors.md says what to do):', ...lines];
}

function verdicts(result: RunResult): string[] {
  if (result.verdicts.length === 0) return [];
  return [
    '',
    ...result.verdicts.map((each) => `${each.passed ? 'ok    ' : 'MISSED'}  ${each.threshold}   (${each.actual})`),
  ];
}

function summary(result: RunResult): string {
  const { keys } = result;
  const shared = keys.devices > keys.keys ? `, ${keys.keys} keys shared by ${keys.devices} devices` : '';
  return `${result.scenario}: ${result.outcome} in ${showDuration(result.tookMs)}${shared}, seed "${result.seed}"`;
}
