import { isIPv4 } from 'node:net';
import { availableParallelism } from 'node:os';
import type { Target } from '../engine/target.js';
import { portsPerAddress } from '../metrics/health.js';

/** Fewer devices than this are no work for a second process. */
const devicesEach = 250;

/**
 * How many engines a run gets where nobody says: one for each processor, of which an authority on this machine takes one, but none
 * without some hundred devices of its own. Two processors have two engines all the same: devices cost about twice what the authority
 * does for them (docs/performance.md), so that one engine would be at its end while the authority's processor is half idle.
 */
export function defaultProcesses(devices: number, isEmbedded: boolean, cores = availableParallelism()): number {
  const free = isEmbedded ? Math.max(cores - 1, Math.min(cores, 2)) : cores;
  return Math.max(1, Math.min(free, Math.ceil(devices / devicesEach)));
}

/** Sockets that one device may have at the same time: its session, and where it waits for wake-ups. */
const socketsEach = 2;
/** Of the ports of one address: sockets that were closed keep theirs for a minute. */
const usable = 0.5;

/**
 * Local addresses that connections are spread over when ports of one would run out, where all that is reached lies on this machine:
 * 127.0.0.2 and so on. Empty: the system's choice, since a socket that is bound to one of those reaches nothing else.
 */
export function localAddressesFor(
  devices: number,
  { url, pushUrl, places }: Pick<Target, 'url' | 'pushUrl' | 'places'>,
  ports = portsPerAddress() ?? 28_232,
): readonly string[] {
  const reached = [url, ...places, ...(pushUrl === undefined ? [] : [pushUrl])];
  if (!reached.every(isOnLoopback)) return [];
  const needed = Math.ceil((devices * socketsEach) / (ports * usable));
  return needed <= 1 ? [] : Array.from({ length: Math.min(needed, 250) }, (_, at) => `127.0.0.${at + 2}`);
}

function isOnLoopback(address: string): boolean {
  const { hostname } = new URL(address);
  return hostname === 'localhost' || (isIPv4(hostname) && hostname.startsWith('127.'));
}
