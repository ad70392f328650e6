// The process of the bench `recording`: an engine as `fleet run` forks it (fleet/coordinator/engine-process.ts), watched by a sampling
// profiler in its second phase. What it found goes to the coordinator as a note.
import { Session } from 'node:inspector/promises';
import type { FromEngine } from '../fleet/engine/messages.js';
import { sharesOf } from './shares.js';

const watchedPhase = 1;
const samplingMicroseconds = 200;

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.setSamplingInterval', { interval: samplingMicroseconds });

// A listener for messages here would take the job away from the engine, which listens only once it is loaded: what it sends is watched.
const send = process.send?.bind(process);
const sending = (message: FromEngine, ...more: []): boolean => {
  const isSent = send?.(message, ...more) ?? false;
  if (message.type === 'began' && message.phase === watchedPhase) void session.post('Profiler.start');
  if (message.type === 'phase-done' && message.phase === watchedPhase)
    void session.post('Profiler.stop').then(({ profile }) => {
      send?.({ type: 'note', text: JSON.stringify(sharesOf(profile)) } satisfies FromEngine);
    });
  return isSent;
};
Object.assign(process, { send: sending });

await import('../fleet/coordinator/engine-process.js');
