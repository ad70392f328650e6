// One application of a configuration: what every step of it shares.
import { visibleLine } from '../../../../base/terminal.js';
import type { HeadwindConfiguration } from '../../../../protocol/headwind/types.js';
import type { AndroidContext } from '../context.js';
import type { FileSystem } from './file-system.js';
import type { DeviceFile, FailedDownload } from './saved.js';

export interface ApplyRun {
  readonly context: AndroidContext;
  readonly configuration: HeadwindConfiguration;
  readonly files: FileSystem;
  /** Downloads that failed, by path. */
  readonly downloads: Map<string, FailedDownload>;
  /** What lay on the device before. */
  readonly before: Readonly<Record<string, DeviceFile>>;
  readonly ground: 'foreground' | 'background';
  readonly isByHand: boolean;
  /** What came of the items so far. */
  readonly counts: { commands: number; failed: number; later: number };
  /** Findings of each kind so far: beyond a bound they are counted only. */
  readonly findings: Map<string, number>;
}

/** Whether launcher 6.36 would go on after a failed item: in the background nobody is there to go on (specs/android.md §0a.24). */
export const launcherGoesOn = ({ ground }: ApplyRun): boolean => ground === 'foreground';

/** A document may hold thousands of items that fail alike: so many are told one by one. */
const mostFindings = 50;

/** Tells a finding, bounded for each code. */
export function find(
  { context: { device }, findings }: Pick<ApplyRun, 'context' | 'findings'>,
  code: 'HEADWIND_FAILED' | 'LAUNCHER_DIFFERS' | 'HEADWIND_IGNORED' | 'HEADWIND_SERVER',
  about: string,
  message: string,
  hint?: string,
): void {
  const count = (findings.get(code) ?? 0) + 1;
  findings.set(code, count);
  if (count > mostFindings) return;
  device.tell({ type: 'trouble', code, message, about: shown(about), ...(hint === undefined ? {} : { hint }) });
}

/** How many more there were than were told. */
export function tellRest({ context: { device }, findings }: ApplyRun): void {
  for (const [code, count] of findings)
    if (count > mostFindings)
      device.tell({
        type: 'trouble',
        code,
        message: `${count - mostFindings} more of this kind`,
        about: 'configuration',
      });
}

const longestShown = 200;

/** What a server wrote, for people: control characters as such, and not longer than a line. */
export function shown(text: string): string {
  const visible = visibleLine(text);
  return visible.length <= longestShown ? visible : `${visible.slice(0, longestShown)}…`;
}
