/** Time for the stub: the same shape as the agent's port, so that one clock can drive both. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls back after `ms`, unless cancelled by the function returned. */
  after(ms: number, call: () => void): () => void;
}
