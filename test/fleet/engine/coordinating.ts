import { onTestFinished } from 'vitest';
import { silentLog } from '../../../base/log.js';
import { Led as LedEngine } from '../../../bench/led.js';
import { type EngineOptions, runEngine } from '../../../fleet/engine/engine.js';
import type { Channel, FromEngine, ToEngine } from '../../../fleet/engine/messages.js';

export { atOnce, jobOf, phaseOf, planOf } from '../../../bench/led.js';

/** An engine within the test's process. What is posted arrives at once; it ends with the test. */
export class Led extends LedEngine {
  readonly over: Promise<void>;

  constructor(options: Partial<EngineOptions> = {}) {
    const [mine, its] = directChannel();
    super(mine);
    this.over = runEngine(its, { log: silentLog, ...options });
    const endPings = options.clocks === undefined ? this.pings() : () => undefined; // a busy machine takes its time
    onTestFinished(async () => {
      endPings();
      this.tell({ type: 'stop', hard: true, why: 'the test is over' });
      await this.over.catch(() => undefined);
    });
  }
}

function directChannel(): [Channel<ToEngine, FromEngine>, Channel<FromEngine, ToEngine>] {
  let hearEngine: (message: FromEngine) => void = () => undefined;
  let hearCoordinator: (message: ToEngine) => void = () => undefined;
  const close = () => undefined;
  return [
    {
      post: (message) => hearCoordinator(message),
      listen: (listener) => {
        hearEngine = listener;
      },
      close,
    },
    {
      post: (message) => hearEngine(message),
      listen: (listener) => {
        hearCoordinator = listener;
      },
      close,
    },
  ];
}
