import { baseError } from './errors.js';

const calls = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back once when the signal is aborted, at once if it is; the function returned takes that back. However many ask, the signal itself
 * carries one listener: Node's own list is searched from the start on every add, which ten thousand devices would feel.
 */
export function onAbort(signal: AbortSignal, call: () => void): () => void {
  if (signal.aborted) {
    call();
    return () => {};
  }
  let waiting = calls.get(signal);
  if (waiting === undefined) {
    const all = new Set<() => void>();
    waiting = all;
    calls.set(signal, all);
    const run = (): void => {
      calls.delete(signal);
      for (const each of all) each();
    };
    signal.addEventListener('abort', run, { once: true });
  }
  const set = waiting;
  set.add(call);
  return () => {
    set.delete(call);
  };
}

/**
 * An AbortController whose `abort` itself calls those of `onAbort`: so they need no listener at its signal, which costs more than all else
 * of a controller that lives for one session. Others may listen to the signal as to any.
 */
export class OwnController extends AbortController {
  constructor() {
    super();
    calls.set(this.signal, new Set());
  }

  override abort(reason?: unknown): void {
    const waiting = calls.get(this.signal);
    calls.delete(this.signal);
    super.abort(reason);
    for (const each of waiting ?? []) each();
  }
}

/** Why a signal was aborted from outside: by Ctrl-C, or by SIGTERM, as a service manager ends what it runs. */
export class StopRequest extends Error {
  override readonly name = 'StopRequest';
  readonly by: 'SIGINT' | 'SIGTERM';

  constructor(by: StopRequest['by']) {
    super('stopped on request');
    this.by = by;
  }
}

/** What an operation throws when its signal stopped it. */
export function interrupted(signal: AbortSignal): Error {
  return baseError('INTERRUPTED', 'stopped on request', { cause: signal.reason });
}

/** Throws INTERRUPTED when the signal is already aborted. */
export function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw interrupted(signal);
}
