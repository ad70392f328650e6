// The launcher's table of downloads that failed: what could not be installed is not fetched again by itself.
// Paths are absolute: no name of a server's choosing is a key by itself.
import type { AndroidContext } from '../context.js';
import type { ApplyRun } from './run.js';
import type { FailedDownload } from './saved.js';

const mostFailed = 1000;

/** Why a download is not begun; undefined where it may be. */
export function heldBack({ context, configuration, downloads, isByHand }: ApplyRun, path: string): string | undefined {
  const before = downloads.get(path);
  if (isByHand || before === undefined) return undefined;
  if (before.downloaded) return 'Skip download due to previous install failure';
  const isLimited = configuration.downloadUpdates === 'limited' && networkOf(context, configuration) === 'mobile';
  return isLimited && before.attempts > 3 ? 'Skip download due to previous download failures' : undefined;
}

/** Which network the device is in, by convention: Wi-Fi, unless it is switched off, or `native.Network` says `mobile`. */
export const networkOf = (
  { device }: Pick<AndroidContext, 'device'>,
  { wifi }: { readonly wifi?: boolean },
): 'wifi' | 'mobile' => (wifi === false || device.state.facts.native['Network'] === 'mobile' ? 'mobile' : 'wifi');

/** `downloadUpdates`: `wifi` holds files and apps back in a mobile network. */
export const isGoodNetwork = ({ context, configuration, isByHand }: ApplyRun): boolean =>
  isByHand || configuration.downloadUpdates !== 'wifi' || networkOf(context, configuration) !== 'mobile';

/** Notes that a download did not arrive, or that what arrived could not be installed. */
export function noteFailure({ downloads }: ApplyRun, path: string, what: 'not-downloaded' | 'not-installed'): void {
  const attempts = downloads.get(path)?.attempts ?? 0;
  if (!downloads.has(path) && downloads.size >= mostFailed) return;
  const isDownloaded = what === 'not-installed';
  downloads.set(path, { attempts: isDownloaded ? attempts : attempts + 1, downloaded: isDownloaded });
}

/** Keeps what was noted. */
export function keepDownloads({ context: { memory }, downloads }: ApplyRun): void {
  const kept: Readonly<Record<string, FailedDownload>> = Object.fromEntries(downloads);
  if (JSON.stringify(kept) === JSON.stringify(memory.data.downloads ?? {})) return;
  if (downloads.size === 0) memory.forget('downloads');
  else memory.change({ downloads: kept });
}
