import type { Client, Reply, Stub } from '../ios/stub.js';

export const dayMs = 24 * 3_600_000;
export const MiB = 1024 * 1024;

export interface Scene {
  readonly stub: Stub;
  /** Enrolled, and served when all is over. */
  readonly good: Client;
  /** What a row made ready before the state was looked at. */
  readonly ready: unknown;
}

export interface Row<T> {
  readonly name: string;
  readonly code: string;
  /** The refusal: an HTTP status, a failInfo, a reason of APNs, a close code. */
  readonly refusal: unknown;
  readonly prepare?: (stub: Stub, good: Client) => Promise<T>;
  readonly send: (scene: Scene, ready: T) => Promise<unknown>;
}

export const row = <T = undefined>(
  name: string,
  code: string,
  refusal: unknown,
  send: Row<T>['send'],
  prepare?: Row<T>['prepare'],
): Row<unknown> => ({ name, code, refusal, send, ...(prepare && { prepare }) }) as Row<unknown>;

export const statusOf = async (reply: Promise<Reply>) => (await reply).status;
export const tagged = async (reply: Promise<Reply>) => {
  const { status, body } = await reply;
  return [status, JSON.parse(body.toString()).code];
};
