import { settle } from '../../base/clock.js';
import type { Channel, FromEngine, ToEngine } from '../engine/messages.js';
import type { EngineLink } from './link.js';

/** Two ends of a channel within one process. What is posted arrives later, in order, and no more once either end is closed. */
export function localChannel<A, B>(): [Channel<A, B>, Channel<B, A>] {
  let isOpen = true;
  const close = () => {
    isOpen = false;
  };
  const way = <T>() => {
    const waiting: T[] = [];
    let listener: ((message: T) => void) | undefined;
    let isOnItsWay = false;
    async function deliver(): Promise<void> {
      await settle();
      isOnItsWay = false;
      for (let message = waiting.shift(); message !== undefined && isOpen; message = waiting.shift())
        listener?.(message);
    }
    const start = () => {
      if (listener === undefined || isOnItsWay || waiting.length === 0) return;
      isOnItsWay = true;
      void deliver();
    };
    return {
      post(message: T) {
        if (!isOpen) return;
        waiting.push(message);
        start();
      },
      listen(heard: (message: T) => void) {
        listener = heard;
        start();
      },
    };
  };
  const there = way<A>();
  const back = way<B>();
  return [
    { post: there.post, listen: back.listen, close },
    { post: back.post, listen: there.listen, close },
  ];
}

/** An engine within this process: `run` is given its end of the channel, and has ended when it resolves. */
export function localEngine(run: (channel: Channel<FromEngine, ToEngine>) => Promise<void>): EngineLink {
  const [mine, its] = localChannel<ToEngine, FromEngine>();
  const ended = run(its)
    .then(
      () => 'it has ended',
      (error: unknown) => `a bug of ours: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    )
    .then(async (why) => {
      await settle(); // what it posted last is on its way
      await settle();
      return why;
    });
  return {
    ...mine,
    ended,
    isLocal: true,
    kill: () => mine.post({ type: 'stop', hard: true, why: 'it is no longer waited for' }),
  };
}
