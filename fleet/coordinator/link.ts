// An engine as the coordinator has it: a channel, how it ended, and a way to end it.
import type { Channel, FromEngine, ToEngine } from '../engine/messages.js';

export interface EngineLink extends Channel<ToEngine, FromEngine> {
  /** Resolves, with why, once the engine is no more, whatever ended it. Never rejects. */
  readonly ended: Promise<string>;
  /** It is within this process: what is posted is there at once. */
  readonly isLocal?: true;
  /** At once, whatever it is doing. One within this process can only be told. */
  kill(): void;
}

/** Starts the engine of one shard. Throws what a process that cannot be started throws. */
export type StartEngine = (shard: number) => EngineLink;
