// Steps 8 to 12 of the launcher's order (specs/android.md §1.3), in its two modes.
import { throwIfInterrupted } from '../../../../base/abort.js';
import type { HeadwindConfiguration } from '../../../../protocol/headwind/types.js';
import type { AndroidContext, ReceivedConfiguration } from '../context.js';
import { applyApps } from './apps.js';
import { noteCertificates } from './certificates.js';
import { logLine } from './device-log.js';
import { keepDownloads } from './downloads.js';
import { FileSystem } from './file-system.js';
import { applyFiles } from './files.js';
import { applyRestrictions } from './restrictions.js';
import { type ApplyRun, find, tellRest } from './run.js';
import { applySettings } from './settings.js';
import { beginCommands, tellCommands } from './told.js';
import { nextUpdateTick } from './update-window.js';

/** How a configuration comes to be applied. */
export interface ApplyOptions {
  /** Whether the launcher's main activity is on the screen. */
  readonly ground: 'foreground' | 'background';
  /** A person asked for it at the device: schedules and networks do not hold it back. */
  readonly isByHand?: boolean;
  /** The hourly timer asked for it: that launcher 6.36 sends no sync/info then is told where something changed alone. */
  readonly isByTimer?: boolean;
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
 * Policies, files, certificates and profiles, apps, what is set on the device. The configuration is kept by `keepConfiguration`
 * before. What was changed is saved and told when it returns. Throws what `context.save` throws, and INTERRUPTED; what a single
 * item comes to is told.
 */
export async function applyConfiguration(
  context: AndroidContext,
  { configuration }: ReceivedConfiguration,
  { ground, isByHand = false, isByTimer = false }: ApplyOptions,
): Promise<Applied> {
  const { memory, manners } = context;
  beginCommands(context, `${memory.data.syncs ?? 0}`);
  const run: ApplyRun = {
    context,
    configuration,
    files: new FileSystem(memory.data.files),
    downloads: new Map(Object.entries(memory.data.downloads ?? {})),
    before: memory.data.files ?? {},
    ground,
    isByHand,
    counts: { commands: 0, failed: 0, later: 0 },
    findings: new Map(),
  };
  logLine(context, 'info', `Device owner: ${manners.management === 'fully-managed'}`);
  try {
    scheduleUpdates(context, configuration);
    const isEnded = (await steps(run)) === 'ended';
    const isSilent = ground === 'background';
    if (isSilent && manners.mode === 'thorough' && (!isByTimer || run.counts.commands > 0))
      find(run, 'LAUNCHER_DIFFERS', 'sync/info', 'launcher 6.36 sends no sync/info after an update in the background');
    tellRest(run);
    return { ...run.counts, isEnded, sendsInfo: manners.mode === 'thorough' || !(isEnded || isSilent) };
  } finally {
    keepDownloads(run);
    if (!context.signal.aborted) await tellCommands(context);
  }
}

/** In the order of the launcher; what profiles need comes before them, what only the main activity sets comes last. */
async function steps(run: ApplyRun): Promise<'done' | 'ended'> {
  const { context, files } = run;
  const { memory, signal } = context;
  const filed = await applyFiles(run).finally(() => files.keep(memory));
  throwIfInterrupted(signal);
  if (filed === 'done') noteCertificates(run);
  await applyRestrictions(run, filed);
  if (filed === 'ended') return 'ended';
  if ((await applyApps(run)) === 'ended') return 'ended';
  await applySettings(run);
  logLine(context, 'verbose', 'Update flow completed');
  return 'done';
}

/** The launcher's timer fetches the configuration anew when the time of app updates begins. */
function scheduleUpdates({ memory, manners, ports }: AndroidContext, configuration: HeadwindConfiguration): void {
  const { enrolledAt: since, timeZone } = memory.data;
  const nextUpdateAt = nextUpdateTick(configuration, {
    now: ports.clock.now(),
    since,
    ...(timeZone === undefined ? {} : { timeZone }),
    isThorough: manners.mode === 'thorough',
  });
  if (nextUpdateAt === undefined) memory.forget('nextUpdateAt');
  else if (memory.data.nextUpdateAt !== nextUpdateAt) memory.change({ nextUpdateAt });
}
