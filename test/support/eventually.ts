import { realClock } from '../../base/clock.js';

/** Turns of the event loop in which it is looked at each time: what happens in this process is mostly seen in one of them. */
const turns = 200;
const pauseMs = 2;

/**
 * Resolves as soon as it is so. For what tells nobody when it happens. What takes longer than some turns of the event loop happens in
 * another process, which needs the processor more than a look does. It has no limit of its own: what never comes ends the test by
 * vitest's limit against hangs.
 */
export async function eventually(isSo: () => boolean): Promise<void> {
  for (let turn = 0; !isSo(); turn++) {
    await new Promise<void>((resolve) => {
      if (turn < turns) setImmediate(resolve);
      else realClock.after(pauseMs, resolve);
    });
  }
}
