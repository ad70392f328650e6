// Where the paths of a configuration lead on the device. What a path escapes to is judged here, before anything is looked up.
import { posix } from 'node:path';

/** Shared storage: where paths lead that do not say otherwise. */
export const sharedStorage = '/storage/emulated/0';

/** As Linux bounds them. */
const longestPath = 4096;
const longestName = 255;
/** Far deeper than anybody nests folders. */
const deepest = 100;

/** A path on the device, or why there is none, as the device's own system says it. */
type ResolvedPath = { readonly path: string } | { readonly why: string };

/** What was judged last: a path is looked at several times in a session, and a fleet has a few of them. */
const known = new Map<string, ResolvedPath>();
const mostKnown = 512;
const longestKnown = 256;

function judged(path: string): ResolvedPath {
  const held = known.get(path);
  if (held !== undefined) return held;
  const resolved = judgedAnew(path);
  if (path.length > longestKnown) return resolved;
  if (known.size >= mostKnown) known.clear();
  known.set(path, resolved);
  return resolved;
}

function judgedAnew(path: string): ResolvedPath {
  if (path.includes('\0')) return { why: 'Invalid file path' };
  if (Buffer.byteLength(path) > longestPath) return { why: 'File name too long' };
  const normal = posix.normalize(path).replace(/(?<=.)\/+$/, '');
  const names = normal.split('/');
  if (names.length > deepest) return { why: 'File name too long' };
  if (names.some((name) => Buffer.byteLength(name) > longestName)) return { why: 'File name too long' };
  return { path: normal };
}

/** Below shared storage whatever it begins with. One that climbs out of it is refused: the system would. */
export function underStorage(path: string): ResolvedPath {
  const resolved = judged(`${sharedStorage}/${path}`);
  if ('why' in resolved || resolved.path === sharedStorage || resolved.path.startsWith(`${sharedStorage}/`))
    return resolved;
  return { why: 'Permission denied: the path leaves shared storage' };
}

/** A path of `files[]`: absolute where it begins with two slashes, else below shared storage (specs/android.md §0a.22). */
export const filePath = (path: string): ResolvedPath =>
  path.startsWith('//') ? judged(path.slice(1)) : underStorage(path);

/** Files that are looked at of those that the setting `certificates` names. A bound of ours. */
export const mostCertificates = 1000;

/** What the setting `certificates` names, each once, in its order. */
export const certificateNames = (setting: string): ReadonlySet<string> => new Set(setting.trim().split(/[;:,]/));

/** The paths of these: neither trimmed one by one, nor absolute where they begin with two slashes. */
export function certificatePaths(setting: string): readonly ResolvedPath[] {
  return [...certificateNames(setting)]
    .slice(0, mostCertificates)
    .map((name) => (name.startsWith(`${sharedStorage}/`) ? judged(name) : underStorage(name)));
}

/** Where the launcher downloads an app to: the name is what follows the last slash of the address. */
export function temporaryPath(url: string): string {
  const slash = url.lastIndexOf('/');
  return `${sharedStorage}/Android/data/com.hmdm.launcher/files/${slash < 0 ? url : url.slice(slash + 1)}`;
}
