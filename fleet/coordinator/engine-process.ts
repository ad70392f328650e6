// An engine in a process of its own: what `fleet run` forks. It ends with whoever forked it.
import { createLog } from '../../base/log.js';
import { readLogLevel } from '../../base/log-level.js';
import { runEngine } from '../engine/engine.js';
import type { Channel, FromEngine, ToEngine } from '../engine/messages.js';

/** Ctrl-C reaches all processes of a terminal, SIGTERM often all of a group: the coordinator says when to stop. */
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);

const channel: Channel<FromEngine, ToEngine> = {
  post: (message) => {
    if (process.connected) process.send?.(message, () => undefined);
  },
  listen: (listener) => void process.on('message', (message) => listener(message as ToEngine)),
  close: () => {
    if (process.connected) process.disconnect();
  },
};

// Nobody is left who could say what to do: what is in the middle stays there.
process.once('disconnect', () => process.exit());

const log = createLog({ level: readLogLevel({ fallback: 'error' }) });
await runEngine(channel, { log });
channel.close();
