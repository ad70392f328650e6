import type { AndroidContext, ReceivedConfiguration } from '../context.js';

/** How a configuration comes to be applied. */
export interface ApplyOptions {
  /** Whether the launcher's main activity is on the screen. */
  readonly ground: 'foreground' | 'background';
  /** A person asked for it at the device: schedules and networks do not hold it back. */
  readonly isByHand?: boolean;
}

/** What came of applying a configuration. */
export interface Applied {
  /** Whether sync/info follows (specs/android.md §0a.24, 0a.25). */
  readonly sendsInfo: boolean;
  /** The launcher's flow ended before its end: nothing after the failed item was done. */
  readonly isEnded: boolean;
  readonly commands: number;
  readonly failed: number;
  readonly later: number;
}

/**
 * Steps 8 to 12 of the launcher's order (specs/android.md §1.3): policies, files, certificates and profiles, apps, restrictions.
 * The configuration is kept by `keepConfiguration` before. What was changed is saved and told when it returns. Throws what
 * `context.save` throws, and INTERRUPTED; what a single item comes to is told.
 */
export async function applyConfiguration(
  _context: AndroidContext,
  _received: ReceivedConfiguration,
  _options: ApplyOptions,
): Promise<Applied> {
  throw new Error('not there yet');
}
