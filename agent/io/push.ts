import { interrupted, onAbort } from '../../base/abort.js';
import type { Clock } from '../../base/clock.js';
import { realClock } from '../../base/clock.js';
import { baseError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import { agentError } from '../errors.js';
import type { Push, Random } from '../model/ports.js';
import { type LineOptions, PushLine } from './push-line.js';

export interface PushOptions {
  /** ws:// or wss:// address of the push room (protocol/push.ts). */
  readonly url: string;
  /** PEM certificates, trusted in place of the roots that Node carries. */
  readonly ca?: string | readonly string[];
  /** Default: the real clock, for the network does not hurry with the devices' time. */
  readonly clock?: Clock;
  readonly random: Random;
  readonly log: Log;
  /** One socket for all devices (the default), or one for each. */
  readonly shared?: boolean;
  /** How long `register` waits for the service before it gives up with PUSH_LOST. Default 30 s. */
  readonly registerTimeoutMs?: number;
  readonly pingEveryMs?: number;
}

export interface PushClient extends Push {
  /** Calls back with the token (lower-case hex) of each notification that nobody awaits; it is kept all the same. */
  onUnclaimed(listener: (token: string) => void): () => void;
  close(): void;
}

/** What is known of one token. Of thousands each is this and no more. */
interface Entry {
  readonly line: PushLine;
  isRegistered: boolean;
  /** The newest notification that nobody has taken. */
  kept: string | undefined;
  /** Takes the next one; undefined tells it to stop. */
  taker: ((payload: string | undefined) => void) | undefined;
  joining: Set<{ resolve(): void; reject(error: Error): void }> | undefined;
}

/** Opens no socket until the first token is registered or awaited. */
export function createPush(options: PushOptions): PushClient {
  const { clock = realClock, shared = true, registerTimeoutMs = 30_000, ca } = options;
  const lineOptions: LineOptions = {
    url: options.url,
    clock,
    random: options.random,
    log: options.log,
    ...(ca === undefined ? {} : { ca: typeof ca === 'string' ? [ca] : ca }),
    ...(options.pingEveryMs === undefined ? {} : { pingEveryMs: options.pingEveryMs }),
  };
  const entries = new Map<string, Entry>();
  const unclaimed = new Set<(token: string) => void>();
  let isClosed = false;
  const openLine = (): PushLine => new PushLine(lineOptions, { registered, notified });
  const common = shared ? openLine() : undefined;

  function registered(tokens: readonly string[]): void {
    for (const token of tokens) {
      const entry = entries.get(token);
      if (entry === undefined) continue;
      entry.isRegistered = true;
      const { joining } = entry;
      entry.joining = undefined;
      if (joining !== undefined) for (const each of joining) each.resolve();
    }
  }

  function notified({ token, payload }: { readonly token: string; readonly payload: string }): void {
    const entry = entries.get(token);
    if (entry === undefined) return; // gone for good, or never ours
    const { taker } = entry;
    if (taker !== undefined) {
      entry.taker = undefined;
      taker(payload);
      return;
    }
    entry.kept = payload;
    for (const listener of unclaimed) listener(token);
  }

  function entryOf(token: string): Entry {
    if (isClosed) throw baseError('INTERRUPTED', 'the push client was closed');
    let entry = entries.get(token);
    if (entry === undefined) {
      entry = {
        line: common ?? openLine(),
        isRegistered: false,
        kept: undefined,
        taker: undefined,
        joining: undefined,
      };
      entries.set(token, entry);
      entry.line.add(token);
    }
    return entry;
  }

  function drop(token: string): void {
    const entry = entries.get(token);
    if (entry === undefined) return;
    entries.delete(token);
    entry.line.remove(token);
    entry.taker?.(undefined);
  }

  async function next(token: string, signal: AbortSignal): Promise<string | undefined> {
    if (signal.aborted || isClosed) return undefined;
    const entry = entryOf(token);
    entry.taker?.(undefined); // the newest listener has it
    if (entry.kept !== undefined) {
      const { kept } = entry;
      entry.kept = undefined;
      return kept;
    }
    return new Promise((resolve) => {
      const taker = (payload: string | undefined): void => {
        forget();
        resolve(payload);
      };
      entry.taker = taker;
      const forget = onAbort(signal, () => {
        if (entry.taker === taker) entry.taker = undefined;
        resolve(undefined);
      });
    });
  }

  return {
    async register(token, signal) {
      const hex = Buffer.from(token).toString('hex');
      if (signal?.aborted) throw interrupted(signal);
      const entry = entryOf(hex);
      if (entry.isRegistered) return;
      await new Promise<void>((resolve, reject) => {
        const joining = entry.joining ?? new Set();
        entry.joining = joining;
        const end = (error: Error | undefined): void => {
          joining.delete(one);
          cancel();
          forget?.();
          if (error === undefined) {
            resolve();
            return;
          }
          if (joining.size === 0 && !entry.isRegistered && entry.taker === undefined && entries.get(hex) === entry)
            drop(hex);
          reject(error);
        };
        const one = { resolve: () => end(undefined), reject: (error: Error) => end(error) };
        joining.add(one);
        const cancel = clock.after(registerTimeoutMs, () =>
          end(agentError('PUSH_LOST', `${options.url} did not answer in ${registerTimeoutMs} ms`)),
        );
        const forget = signal === undefined ? undefined : onAbort(signal, () => end(interrupted(signal)));
      });
    },
    async unregister(token) {
      drop(Buffer.from(token).toString('hex'));
    },
    async *notifications(token, signal) {
      const hex = Buffer.from(token).toString('hex');
      for (let payload = await next(hex, signal); payload !== undefined; payload = await next(hex, signal))
        yield payload;
    },
    answered(token) {
      const entry = entries.get(Buffer.from(token).toString('hex'));
      if (entry !== undefined) entry.kept = undefined;
    },
    onUnclaimed(listener) {
      unclaimed.add(listener);
      return () => unclaimed.delete(listener);
    },
    close() {
      isClosed = true;
      const error = baseError('INTERRUPTED', 'the push client was closed');
      for (const { line, taker, joining } of entries.values()) {
        line.close();
        taker?.(undefined);
        if (joining !== undefined) for (const each of joining) each.reject(error);
      }
      common?.close();
      entries.clear();
    },
  };
}
