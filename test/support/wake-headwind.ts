// A Headwind server as far as polls go (specs/android.md §1.5): the bytes are those of its recordings.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createHttp } from '../../agent/io/http.js';
import { headwindLegacyPoll, headwindPoll } from '../../agent/io/wake/headwind-poll.js';
import type { OpenWay } from '../../agent/io/wake/way.js';
import type { WakeAsk } from '../../agent/model/ports.js';
import type { WakeService } from '../contract/wake-way.js';
import { listening } from './brokers.js';

export interface HeadwindPollServer extends WakeService {
  readonly origin: string;
  readonly requests: readonly IncomingMessage[];
  /** Answers the poll that is held for this device. */
  answer(n: number, status: number, body: string): void;
}

const page = '<!doctype html><html lang="en"><head><title>HTTP Status</title></head></html>';
const reply = (texts: readonly string[]) =>
  JSON.stringify({ status: 'OK', message: null, data: texts.map((messageType) => ({ messageType, payload: null })) });

/** Long polls are held until there is something; others are answered at once. */
export async function openHeadwindPolls(isLong: boolean): Promise<HeadwindPollServer> {
  const path = (n: number) => (isLong ? `/rest/notification/polling/h${n}` : `/rest/notifications/device/h${n}`);
  const held = new Map<string, ServerResponse>();
  const queued = new Map<string, string[]>();
  /** The connection on which each last asked. */
  const sockets = new Map<string, Socket>();
  const requests: IncomingMessage[] = [];
  let isServing = true;
  const server = createServer((request, response) => {
    requests.push(request);
    const { url = '', socket } = request;
    if (!isServing) {
      socket.destroy();
      return;
    }
    sockets.set(url, socket);
    held.set(url, response);
    response.on('close', () => held.get(url) === response && held.delete(url));
    if (!isLong || queued.has(url)) flush(url);
  });
  const flush = (url: string): void => {
    const texts = queued.get(url) ?? [];
    queued.delete(url);
    held.get(url)?.end(reply(texts));
    held.delete(url);
  };
  const origin = `http://127.0.0.1:${await listening(server)}`;
  const http = createHttp({ allowHttp: true });
  const cut = () => {
    for (const socket of sockets.values()) socket.destroy();
  };
  return {
    origin,
    requests,
    open: (ports, { most }) => {
      const options = { ...ports, http, ...(most === undefined ? {} : { maxPolls: most }) };
      return plainly(isLong ? headwindPoll(options) : headwindLegacyPoll(options));
    },
    ask: (n): WakeAsk => ({
      way: isLong ? 'headwind-poll' : 'headwind-legacy-poll',
      address: `h${n}@${origin}`,
      data: { url: `${origin}${path(n)}`, signature: 'AC96972406D137CE3AA1F49D8E7DF60DDDE561D0', everyMs: 1_000 },
      keeps: 64,
    }),
    reaches: (n) => (isLong ? held.has(path(n)) : sockets.get(path(n))?.destroyed === false),
    send(n, payload) {
      queued.set(path(n), [...(queued.get(path(n)) ?? []), payload]);
      if (held.has(path(n))) flush(path(n));
    },
    answer(n, status, body) {
      const response = held.get(path(n));
      held.delete(path(n));
      response
        ?.writeHead(status, { 'content-type': status === 200 ? 'application/json' : 'text/html' })
        .end(body || page);
    },
    cut,
    serve(does) {
      isServing = does;
      if (!does) cut();
    },
    close() {
      cut();
      server.close();
      server.closeAllConnections();
      http.close();
    },
  };
}

/** The same way; it gives the kind of a message where it has the text of one. */
const plainly =
  (open: OpenWay): OpenWay =>
  (events) =>
    open({ ...events, received: (address, text) => events.received(address, JSON.parse(text).messageType) });
