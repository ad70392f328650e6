/** Time for the stub: the same shape as the agent's port, so that one clock can drive both. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls back after `ms`, unless cancelled by the function returned. */
  after(ms: number, call: () => void): () => void;
}

const longestTimerMs = 2 ** 31 - 1;

/** The machine's own time, for a stub that nobody gave a clock. The only place here that touches it. */
export function realClock(): Clock {
  const after: Clock['after'] = (ms, call) => {
    let timer: NodeJS.Timeout;
    const arm = (left: number) => {
      const step = Math.min(Math.max(0, left), longestTimerMs);
      timer = setTimeout(() => (left > step ? arm(left - step) : call()), step);
    };
    arm(ms);
    return () => clearTimeout(timer);
  };
  return {
    now: () => Date.now(),
    after,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const onAbort = () => {
          cancel();
          reject(signal?.reason);
        };
        const cancel = after(ms, () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        });
        signal?.addEventListener('abort', onAbort, { once: true });
      }),
  };
}
