// What CSP modules have to do later (a SCEP enrollment, an installation): after the session that asked for it, or when its time comes.
import { isRollcallError } from '../../../base/errors.js';
import { exponentialPause } from '../schedule.js';
import { troubleOf } from '../trouble.js';
import type { SessionContext } from './context.js';
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
  const { memory, ports, device, signal } = context;
  const before = memory.data;
  dropWork(work, memory);
  try {
    const done = await context.engine().work(work);
    if ('effects' in done) noteEffects(done.effects, memory, ports.clock.now());
    else device.tell({ type: 'trouble', code: 'ANSWER_MALFORMED', message: done.reason, about: work.name });
  } catch (error) {
    memory.restore(before);
    if (signal.aborted || !isRollcallError(error) || error.code === 'STATE_UNSAVED') throw error;
    dropWork(work, memory);
    device.tell(troubleOf(error, work.name));
    const tries = work.tries + 1;
    if (tries >= mostTries) return;
    queueWork({ ...work, tries, at: ports.clock.now() + exponentialPause(pauses, work.tries, 1) }, memory);
  }
}
