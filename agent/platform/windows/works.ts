// What CSP modules have to do later (a SCEP enrollment, an installation): after the session that asked for it, or when its time comes.
import { isRollcallError } from '../../../base/errors.js';
import { exponentialPause } from '../schedule.js';
import { troubleOf } from '../trouble.js';
import type { SessionContext } from './context.js';
import type { Effect } from './csp/module.js';
import { dropWork, noteEffects, queueWork } from './effects.js';
import type { Work } from './saved.js';

/** Work that throws is tried so often, by convention; a module that wants other pauses queues itself anew. */
const mostTries = 5;
const pauses = { firstPauseMs: 60_000, longestPauseMs: 3_600_000 };
/** Work that goes on making work is left to the next check-in after so many pieces. */
const mostAtOnce = 100;

/** Does what is due by now: once each, in the order in which it was asked for. Throws what saving throws, and INTERRUPTED. */
export async function doWorks(context: SessionContext): Promise<void> {
  const { memory, ports, signal } = context;
  for (let done = 0; done < mostAtOnce; done++) {
    signal.throwIfAborted();
    const now = ports.clock.now();
    const work = memory.data.works?.find(({ at }) => at === undefined || at <= now);
    if (work === undefined) return;
    await doWork(work, context);
    await context.save();
  }
}

async function doWork(work: Work, context: SessionContext): Promise<void> {
  const { memory, ports, device, room, signal } = context;
  const module = room.modules.find(({ roots }) => roots.includes(work.module));
  const before = memory.data;
  dropWork(work, memory);
  const effects: Effect[] = [];
  try {
    await module?.work?.(work, {
      tree: room.edit(memory),
      device,
      ports,
      memory,
      signal,
      effect: (effect) => void effects.push(effect),
    });
  } catch (error) {
    if (signal.aborted || !isRollcallError(error) || error.code === 'STATE_UNSAVED') {
      memory.restore(before);
      throw error;
    }
    memory.restore(before);
    dropWork(work, memory);
    device.tell(troubleOf(error, work.name));
    const tries = work.tries + 1;
    if (tries >= mostTries) return;
    queueWork({ ...work, tries, at: ports.clock.now() + exponentialPause(pauses, work.tries, 1) }, memory);
    return;
  }
  noteEffects(effects, memory, ports.clock.now());
}
