// Ports at which an embedded stub comes back in each run of a kept fleet: its devices remember them.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { throwIfInterrupted } from '../../base/abort.js';
import { type Clock, realClock } from '../../base/clock.js';
import { isCode } from '../../base/errors.js';
import { fleetError } from '../errors.js';

export interface KeptPorts {
  readonly https: number;
  readonly mqtt?: number | undefined;
}

const host = '127.0.0.1';
/** Below it many systems keep ports for themselves. */
const lowest = 10_240;
const tries = 50;

/** Of the ports that the system gives to outgoing connections: a port there may be somebody's at the next start. */
export function outgoingPorts(text = textOf('/proc/sys/net/ipv4/ip_local_port_range')): readonly [number, number] {
  const [from = Number.NaN, to = Number.NaN] = text.trim().split(/\s+/).map(Number);
  return from <= to ? [from, to] : [32_768, 60_999];
}

/**
 * Two free ports that no outgoing connection gets, by chance; 0, which is any, where none is found.
 *
 * @example
 * await startEmbedded({ self, plan, signal, data, ports: await lastingPorts() });
 */
export async function lastingPorts(
  outgoing = outgoingPorts(),
  fraction = Math.random,
): Promise<{ readonly https: number; readonly mqtt: number }> {
  const found: number[] = [];
  const [from, to] = outgoing;
  const ranges = (
    [
      [lowest, from - 1],
      [to + 1, 65_535],
    ] as const
  ).filter(([first, last]) => first <= last);
  const [first, last] = ranges.sort((one, other) => other[1] - other[0] - (one[1] - one[0]))[0] ?? [0, -1];
  for (let k = 0; k < tries && found.length < 2 && first <= last; k++) {
    const port = first + Math.floor(fraction() * (last - first + 1));
    if (!found.includes(port) && (await isFree(port))) found.push(port);
  }
  const [https = 0, mqtt = 0] = found;
  return { https, mqtt };
}

/** A connection that has just ended keeps its port for a while. */
const patienceMs = 10_000;
const lookMs = 250;

/**
 * Resolves when these ports are free, which may take a moment where connections of others had them. Throws RUN_NOT_STARTED where
 * another program stays there; INTERRUPTED.
 */
export async function untilFree(ports: KeptPorts, signal: AbortSignal, clock: Clock = realClock): Promise<void> {
  for (const port of [ports.https, ports.mqtt]) {
    if (port === undefined || port === 0) continue;
    for (let waited = 0; !(await isFree(port)); waited += lookMs) {
      throwIfInterrupted(signal);
      if (waited >= patienceMs) throw taken(port);
      await clock.sleep(lookMs, signal);
    }
  }
}

const taken = (port: number) =>
  fleetError(
    'RUN_NOT_STARTED',
    `port ${port}, at which the devices of this fleet know their stub, is another program's now`,
    {
      hint: `End what listens there (ss -ltnp 'sport = :${port}' shows it: perhaps the stub of a run that was killed), and run again. The fleet is as it was.`,
    },
  );

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => {
      if (isCode(error, 'EADDRINUSE') || isCode(error, 'EACCES')) resolve(false);
      else reject(error);
    });
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
