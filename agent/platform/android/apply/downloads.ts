// The launcher's table of downloads that failed: what could not be installed is not fetched again by itself.
// Paths are absolute: no name of a server's choosing is a key by itself.
import type { AndroidContext } from '../context.js';
import type { ApplyRun } from './run.js';
import type { FailedDownload } from './saved.js';

const mostFailed = 1000;

/** Why a download is not begun; undefined where it may be. */
export function heldBack({ context, configuration, isByHand }: ApplyRun, path: string): string | undefined {
  const before = context.memory.data.downloads?.[path];
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
export function noteFailure({ memory }: AndroidContext, path: string, what: 'not-downloaded' | 'not-installed'): void {
  const { downloads = {} } = memory.data;
  const attempts = downloads[path]?.attempts ?? 0;
  const failure: FailedDownload =
    what === 'not-downloaded' ? { attempts: attempts + 1, downloaded: false } : { attempts, downloaded: true };
  if (downloads[path] === undefined && Object.keys(downloads).length >= mostFailed) return;
  memory.change({ downloads: { ...downloads, [path]: failure } });
}

/** It was installed after all, or the history was cleared. */
export function forgetFailure({ memory }: AndroidContext, path: string): void {
  const { downloads } = memory.data;
  if (downloads?.[path] === undefined) return;
  const { [path]: _gone, ...rest } = downloads;
  if (Object.keys(rest).length === 0) memory.forget('downloads');
  else memory.change({ downloads: rest });
}
