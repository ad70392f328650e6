// How many connections this process may have open: each is a descriptor, and files need some too.
import { readFileSync } from 'node:fs';

/** Descriptors that are kept for files, standard streams, the event loop and worker threads. */
const reserved = 64;
/** However many descriptors there are: a TLS connection takes some 50 KiB of memory. */
const mostConnections = 50_000;
/** Where the system does not say how many descriptors there are. */
const withoutLimit = 4_000;

/** Connections that a process with so many descriptors may have open: all but 64, and 50 000 at most; 8 at least. */
export function connectionsFor(descriptors: number): number {
  return Math.max(8, Math.min(mostConnections, descriptors - reserved));
}

/** The bound where none is set: from `ulimit -n` on Linux, which Node raises to the hard limit at its start; 4000 elsewhere. */
export function defaultMaxConnections(): number {
  try {
    const [, soft] = /^Max open files +(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    if (soft === undefined) return withoutLimit;
    return connectionsFor(soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft));
  } catch {
    return withoutLimit; // another system
  }
}

/** How a bound on connections is shared: senders of pushes need few, devices the rest. */
export function shareConnections(max: number): { readonly http: number; readonly push: number } {
  const push = Math.max(4, Math.min(512, Math.floor(max / 8)));
  return { http: Math.max(4, max - push), push };
}
