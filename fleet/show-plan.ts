import { type ExitCode, exitCodes } from '../base/exit-codes.js';
import { print, printLines } from '../base/terminal.js';
import { withoutSecrets } from './engine/secrets.js';
import type { PlanOptions } from './options.js';
import { tableLines } from './report/layout.js';
import { deviceTotal } from './scenario/model.js';
import { kindOf } from './steps/registry.js';
import { planOf } from './typed.js';

/** What `rollcall fleet plan` does. */
export function showPlan(options: PlanOptions): ExitCode {
  const plan = planOf(options);
  if (options.json) {
    print(process.stdout, `${JSON.stringify(withoutSecrets(plan), null, 2)}\n`);
    return exitCodes.passed;
  }
  const groups = plan.groups.map(({ name, count }) => `${count} ${name}`).join(', ');
  const rows = plan.phases.flatMap((phase) =>
    phase.steps.map((step) => ({ step, ...kindOf(step).load(step, { plan, phase }) })),
  );
  const text = [
    `${plan.name}: ${deviceTotal(plan)} devices (${groups}), seed "${plan.seed}", starts under ${plan.authority}`,
    '',
    ...tableLines(
      [
        { title: 'step', cell: ({ step }) => step.name },
        { title: 'sessions', cell: ({ sessions }) => String(sessions) },
        { title: 'peak/s', cell: ({ peakPerSecond }) => String(Math.round(peakPerSecond * 10) / 10) },
      ],
      rows,
      80,
    ),
    '',
    ...rows.map(({ step, detail }) => `${step.name}: ${detail}`),
    '',
    ...plan.thresholds.map((threshold) => `must hold: ${threshold}`),
  ];
  printLines(
    process.stdout,
    text.map((line) => ({ text: line })),
  );
  return exitCodes.passed;
}
