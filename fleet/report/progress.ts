import type { Clock } from '../../agent/index.js';
import { showDuration } from '../scenario/duration.js';
import type { Step } from '../scenario/plan.js';

/** Where progress goes: one line that redraws itself on a terminal, a line each few seconds elsewhere. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface Progress {
  note(text: string): void;
  update(step: Step, done: number, failed: number, total: number): void;
  /** Ends the redrawn line, so that what follows starts on its own. */
  settle(): void;
}

const silent: Progress = { note: () => undefined, update: () => undefined, settle: () => undefined };

/** Progress of a run. `quiet` writes nothing at all. Redraws at most 5 times a second. */
export function createProgress(output: ProgressOutput, clock: Clock, quiet: boolean): Progress {
  if (quiet) return silent;
  const redraws = output.isTTY === true && process.env['NO_COLOR'] === undefined && process.env['CI'] === undefined;
  const everyMs = redraws ? 200 : 3000;
  const startedAt = clock.now();
  let lastAt = Number.NEGATIVE_INFINITY;
  let drawn = false;
  const settle = () => {
    if (drawn) output.write('\n');
    drawn = false;
  };
  return {
    settle,
    note(text) {
      settle();
      output.write(`${text}\n`);
    },
    update(step, done, failed, total) {
      const now = clock.now();
      if (done < total && now - lastAt < everyMs) return;
      lastAt = now;
      const bar = redraws ? `${'#'.repeat(Math.round((20 * done) / total)).padEnd(20, '.')} ` : '';
      const text = `${showDuration(now - startedAt).padStart(8)}  ${step.name.padEnd(16)} ${bar}${done}/${total}${failed > 0 ? `, ${failed} failed` : ''}`;
      output.write(redraws ? `\r\u001b[2K${text}` : `${text}\n`);
      drawn = redraws;
      if (done === total) settle();
    },
  };
}
