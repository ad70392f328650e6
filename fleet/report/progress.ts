import type { Clock } from '../../base/clock.js';
import { showDuration } from '../../base/duration.js';
import { print, redraw, visibleLine } from '../../base/terminal.js';

/** Where progress goes. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressOptions {
  readonly output: ProgressOutput;
  readonly clock: Clock;
  readonly isQuiet: boolean;
  /** `live`: one line that redraws itself. `plain`: a line now and then, for pipes and terminals that cannot redraw. */
  readonly style: 'live' | 'plain';
  /** Between plain lines. Default 3 s. */
  readonly plainEveryMs?: number;
}

/** How far something is. `done` includes the failed, not the skipped. */
export interface Tally {
  readonly done: number;
  readonly failed?: number;
  readonly skipped?: number;
  readonly total: number;
}

export interface Progress {
  note(text: string): void;
  /** `what` is the name of the step, or what is being prepared. */
  update(what: string, tally: Tally): void;
  /** Ends the redrawn line, so that what follows starts on its own. */
  settle(): void;
}

const silent: Progress = { note: () => undefined, update: () => undefined, settle: () => undefined };
const redrawEveryMs = 200;
const barWidth = 20;

/** Progress of a run. What is complete is told once, at once; the rest no oftener than the style allows. */
export function createProgress({ output, clock, isQuiet, style, plainEveryMs = 3000 }: ProgressOptions): Progress {
  if (isQuiet) return silent;
  const isLive = style === 'live';
  const everyMs = isLive ? redrawEveryMs : plainEveryMs;
  const startedAt = clock.now();
  let lastAt = isLive ? Number.NEGATIVE_INFINITY : startedAt;
  let completed = '';
  let isDrawn = false;
  const settle = () => {
    if (isDrawn) print(output, '\n');
    isDrawn = false;
  };
  return {
    settle,
    note(text) {
      settle();
      print(output, `${text}\n`);
    },
    update(what, { done, total, failed = 0, skipped = 0 }) {
      const now = clock.now();
      const isComplete = done + skipped >= total;
      if (isComplete ? what === completed : now - lastAt < everyMs) return;
      completed = isComplete ? what : '';
      lastAt = now;
      const bar =
        isLive && total > 0 ? `${'#'.repeat(Math.round((barWidth * done) / total)).padEnd(barWidth, '.')} ` : '';
      const trouble = `${failed > 0 ? `, ${failed} failed` : ''}${skipped > 0 ? `, ${skipped} skipped` : ''}`;
      const text = `${showDuration(now - startedAt).padStart(8)}  ${visibleLine(what).padEnd(16)} ${bar}${done}/${total}${trouble}`;
      if (isLive) redraw(output, text.slice(0, (output.columns ?? 80) - 1));
      else print(output, `${text}\n`);
      isDrawn = isLive;
      if (isComplete) settle();
    },
  };
}
