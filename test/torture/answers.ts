// When and to which port the last answer came, for whoever does one thing after another.
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';

/** An answer that was received in full: at this port of ours, by CLOCK_MONOTONIC. */
export interface Answer {
  readonly port: number;
  readonly ns: bigint;
}

interface Lane {
  port: number;
  status: number | undefined;
}

const lanes = new AsyncLocalStorage<Lane>();
let isListening = false;

/** Node tells of each answer that begins; the connection that it comes on is the one that the lane's last request went out on. */
function listen(): void {
  if (isListening) return;
  isListening = true;
  const laneOf = new WeakMap<ClientRequest, Lane>();
  subscribe('http.client.request.start', (message) => {
    const { request } = message as { readonly request: ClientRequest };
    const lane = lanes.getStore();
    if (lane === undefined) return;
    laneOf.set(request, lane);
    lane.status = undefined;
  });
  subscribe('http.client.response.finish', (message) => {
    const { request, response } = message as { readonly request: ClientRequest; readonly response: IncomingMessage };
    const lane = laneOf.get(request);
    if (lane === undefined) return;
    lane.port = request.socket?.localPort ?? 0;
    lane.status = response.statusCode;
  });
}

/** Whatever asks one thing after another, as a person does: `answer` in there is about its own last request. */
export function inLane<T>(act: () => Promise<T>): Promise<T> {
  listen();
  return lanes.run({ port: 0, status: undefined }, act);
}

/** To be called as soon as something was answered in full. */
export const answer = (): Answer => ({ port: lanes.getStore()?.port ?? 0, ns: process.hrtime.bigint() });

/** The status of the lane's last request; undefined where it was not answered. */
export const answeredStatus = (): number | undefined => lanes.getStore()?.status;
