// Services that wake devices, over real sockets: the other ends of the ways in agent/io/wake.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { createHttp } from '../../agent/io/http.js';
import { longPoll, type PollVerdict } from '../../agent/io/wake/long-poll.js';
import { ownConnections } from '../../agent/io/wake/own-connections.js';
import { pushDialer } from '../../agent/io/wake/push-dialer.js';
import { sharedSocket } from '../../agent/io/wake/shared-socket.js';
import type { WakeService } from '../contract/wake-way.js';

const tokenOf = (n: number): string => Buffer.alloc(32, n).toString('hex');

/** A push service, to which devices come over one socket (`shared`) or each over its own. */
export async function openPushService(shared: boolean): Promise<WakeService> {
  const sockets = new Map<WebSocket, Set<string>>();
  let isServing = true;
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', verifyClient: () => isServing });
  await new Promise((resolve) => server.once('listening', resolve));
  server.on('connection', (socket) => {
    const tokens = new Set<string>();
    sockets.set(socket, tokens);
    socket.on('close', () => sockets.delete(socket));
    socket.on('message', (data) => {
      const message: { type: string; tokens?: string[] } = JSON.parse(String(data));
      for (const token of message.tokens ?? []) {
        if (message.type === 'register') tokens.add(token);
        else tokens.delete(token);
      }
      if (message.type === 'register') socket.send(JSON.stringify({ type: 'registered', tokens: message.tokens }));
    });
  });
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const socketOf = (n: number) => [...sockets].find(([, tokens]) => tokens.has(tokenOf(n)))?.[0];
  const cut = () => {
    for (const socket of sockets.keys()) socket.terminate();
    sockets.clear();
  };
  return {
    open: (ports, { most }) =>
      shared
        ? sharedSocket({ ...ports, url })
        : ownConnections({
            ...ports,
            dial: pushDialer({ url, clock: ports.clock }),
            ...(most === undefined ? {} : { maxConnections: most }),
          }),
    ask: (n) => ({ way: 'push-service', address: tokenOf(n) }),
    reaches: (n) => socketOf(n) !== undefined,
    send: (n, payload) =>
      socketOf(n)?.send(JSON.stringify({ type: 'notification', token: tokenOf(n), id: `${n}`, payload })),
    cut,
    serve(does) {
      isServing = does;
      if (!does) cut();
    },
    close() {
      cut();
      server.close();
    },
  };
}

/** A service that holds polls back: 200 with payloads, 500 when it has waited for long enough, 503 in trouble. */
export async function openPollService(): Promise<WakeService & { timeOut(n: number): void; readonly polls: number }> {
  const held = new Map<string, ServerResponse>();
  const queued = new Map<string, string[]>();
  let isServing = true;
  let polls = 0;
  const server = createServer((request, response) => {
    polls++;
    const path = request.url ?? '';
    if (!isServing) {
      response.writeHead(503).end();
      return;
    }
    held.set(path, response);
    response.on('close', () => {
      if (held.get(path) === response) held.delete(path);
    });
    flush(path);
  });
  const flush = (path: string): void => {
    const [response, payloads] = [held.get(path), queued.get(path)];
    if (response === undefined || payloads === undefined) return;
    held.delete(path);
    queued.delete(path);
    response.end(JSON.stringify(payloads));
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const http = createHttp({ allowHttp: true });
  const cut = () => {
    for (const response of held.values()) response.socket?.destroy();
    held.clear();
  };
  return {
    get polls() {
      return polls;
    },
    open: (ports, { most }) =>
      longPoll({
        ...ports,
        http,
        request: ({ address }) => ({ method: 'GET', url: `${origin}${address}` }),
        judge(outcome): PollVerdict {
          if (!('answer' in outcome)) return { payloads: [] };
          const { status, body } = outcome.answer;
          if (status === 500) return { payloads: [], pauseMs: 5_000 };
          return status === 200 ? { payloads: JSON.parse(body.toString('utf8')), pauseMs: 0 } : { payloads: [] };
        },
        ...(most === undefined ? {} : { maxPolls: most }),
      }),
    ask: (n) => ({ way: 'poll', address: `/poll/${n}` }),
    reaches: (n) => held.has(`/poll/${n}`),
    send(n, payload) {
      const path = `/poll/${n}`;
      queued.set(path, [...(queued.get(path) ?? []), payload]);
      flush(path);
    },
    timeOut(n) {
      held.get(`/poll/${n}`)?.writeHead(500).end('<html>');
      held.delete(`/poll/${n}`);
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
