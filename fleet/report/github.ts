import { appendFileSync } from 'node:fs';
import { showDuration } from '../../base/duration.js';
import { type Output, print, visible, visibleLine } from '../../base/terminal.js';
import { casesOf } from './cases.js';
import type { Figures, Summary } from './summary.js';

// A run within GitHub Actions: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands

/** Whether it runs there. */
export const isInActions = (env: NodeJS.ProcessEnv = process.env): boolean => env['GITHUB_ACTIONS'] === 'true';

/**
 * Takes from all that is printed until the function returned is called the power to command the workflow: text of an authority may be
 * `::set-output::...`.
 *
 * @param token nobody can guess it
 */
export function withoutCommands(output: Output, token: string): () => void {
  print(output, `::stop-commands::${token}\n`);
  return () => print(output, `::${token}::\n`);
}

/** At most ten of a kind are shown by GitHub. */
const mostAnnotations = 10;

/** An annotation for each thing that failed, and one where the generator did not keep up. */
export function annotations(summary: Summary): string {
  const failed = casesOf(summary).flatMap(({ name, outcome }) =>
    outcome === undefined || outcome.kind === 'skipped'
      ? []
      : [command('error', `${summary.scenario}: ${name}`, [outcome.message, outcome.body ?? ''].join('\n').trim())],
  );
  const { state, reasons } = summary.generator;
  const bound =
    state === 'sound'
      ? []
      : [
          command(
            'warning',
            `${summary.scenario}: generator-bound`,
            `The load engine did not keep up.\n${reasons.join('\n')}`,
          ),
        ];
  return [...failed.slice(0, mostAnnotations), ...bound].join('');
}

function command(kind: 'error' | 'warning', title: string, message: string): string {
  return `::${kind} title=${escapedProperty(visibleLine(title))}::${escapedData(visible(message).slice(0, 4000))}\n`;
}

const escapedData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const escapedProperty = (text: string): string => escapedData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/** The run as Markdown, for the summary of a job's step. */
export function stepSummary(summary: Summary): string {
  const { scenario, outcome, tookMs, devices, seed, generator } = summary;
  const failed = casesOf(summary).filter(({ outcome: each }) => each !== undefined && each.kind !== 'skipped');
  return [
    `### ${marks[outcome]} ${escaped(scenario)}: ${outcome}`,
    '',
    `${devices.total} devices in ${showDuration(tookMs)}, ${devices.failed} failed, seed \`${seed.replace(/[`\s]/g, ' ')}\``,
    '',
    '| step | count | failed | p50 | p95 | p99 | max | service p99 |',
    '|---|--:|--:|--:|--:|--:|--:|--:|',
    ...summary.steps.map((step) => `| ${[escaped(step.name), ...cellsOf(step)].join(' | ')} |`),
    '',
    ...failed.flatMap(({ name, outcome: each }) => [`- **${escaped(name)}**: ${escaped(each?.message ?? '')}`]),
    ...summary.verdicts
      .filter(({ passed }) => passed)
      .map(({ threshold, actual }) => `- ok: ${escaped(threshold)} (${escaped(actual)})`),
    ...(generator.state === 'bound'
      ? [
          '',
          `> **Generator-bound**: ${generator.reasons.map(escaped).join('; ')}. Part of these times is the load engine's own.`,
        ]
      : []),
    ...(generator.isShared ? ['', '> Shared machine: the authority ran beside the load engine.'] : []),
    '',
    '',
  ].join('\n');
}

const marks: Readonly<Record<Summary['outcome'], string>> = {
  passed: '✅',
  failed: '❌',
  incomplete: '⚠️',
  interrupted: '⚠️',
  aborted: '❌',
  'not-started': '❌',
};

function cellsOf({ count, counts, response, service }: Figures): string[] {
  const shown = (ms: number | undefined): string => (ms === undefined ? '-' : showDuration(ms));
  return [
    String(count),
    String(counts['failures'] ?? 0),
    ...(['p50', 'p95', 'p99', 'max'] as const).map((key) => shown(response?.[key])),
    shown(service?.p99),
  ];
}

/** Nobody's text is Markdown or HTML of ours. */
const escaped = (text: string): string =>
  visibleLine(text)
    .slice(0, 1000)
    .replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`)
    .replace(/[\\`*_{}[\]()#+!|~@]/g, '\\$&');

/** Tells the run to GitHub Actions, where it runs there. What cannot be written is said, and changes no verdict. */
export function tellActions(summary: Summary, output: Output, env: NodeJS.ProcessEnv = process.env): void {
  if (!isInActions(env)) return;
  print(output, annotations(summary));
  const file = env['GITHUB_STEP_SUMMARY'];
  if (file === undefined || file === '') return;
  try {
    appendFileSync(file, stepSummary(summary));
  } catch (error) {
    print(output, `the summary of this step could not be written: ${error instanceof Error ? error.message : error}\n`);
  }
}
