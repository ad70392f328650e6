// Waking 100 000 devices on 4 connections, against a bare server that writes the same bytes to 4 sockets; and at a rate that is set.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { decodePushToClient, encodePush, pushLimits } from '../protocol/push.js';
import { median } from './cpu.js';
import { type FromPushServer, type ToPushServer, tokenOf } from './push-messages.js';

const connections = 4;

interface PushFigure {
  readonly devices: number;
  /** Of one pass, the last one. */
  readonly woken: number;
  readonly twice: number;
  readonly missing: number;
  readonly perSecond: number;
  readonly floorPerSecond: number;
  /** Median over the pairs. */
  readonly ratio: number;
  readonly ratios: readonly number[];
  /** For `PushService.push` of all of them, in one turn of the event loop. */
  readonly takeMs: number;
  readonly longestPauseMs: number;
  readonly registerMs: number;
  readonly askedPerSecond: number;
  readonly reachedPerSecond: number;
}

/** Takes `pairs` passes of ours and of the floor in turn, after one of each to warm up, and one at `askedPerSecond`. */
export async function benchPush(
  { devices, pairs, askedPerSecond }: { devices: number; pairs: number; askedPerSecond: number },
  note: (text: string) => void,
): Promise<PushFigure> {
  const ours = await openOurs(devices, [], note);
  const floor = await openBare(devices);
  const passes: (Pass & { floorPerSecond: number })[] = [];
  try {
    for (let pair = 0; pair <= pairs; pair++) {
      const pass = await ours.pass();
      const floorPerSecond = await floor.pass();
      if (pass.missing > 0 || pass.twice > 0) note(`  ${pass.missing} missing, ${pass.twice} twice`);
      if (pair > 0) passes.push({ ...pass, floorPerSecond });
    }
  } finally {
    ours.close();
    floor.close();
  }
  note(`  at ${askedPerSecond} per second ...`);
  const paced = await openOurs(devices, [String(askedPerSecond)], note);
  const slow = await paced.pass().finally(() => paced.close());
  const last = passes.at(-1) ?? slow;
  return {
    devices,
    woken: last.woken,
    twice: Math.max(...passes.map(({ twice }) => twice), slow.twice),
    missing: Math.max(...passes.map(({ missing }) => missing), slow.missing),
    perSecond: median(passes.map(({ perSecond }) => perSecond)),
    floorPerSecond: median(passes.map((each) => each.floorPerSecond)),
    ratio: median(passes.map((each) => each.perSecond / each.floorPerSecond)),
    ratios: passes.map((each) => each.perSecond / each.floorPerSecond),
    takeMs: median(passes.map(({ takeMs }) => takeMs)),
    longestPauseMs: Math.max(...passes.map(({ longestPauseMs }) => longestPauseMs)),
    registerMs: ours.registerMs,
    askedPerSecond,
    reachedPerSecond: slow.pacedPerSecond,
  };
}

interface Pass {
  readonly woken: number;
  readonly twice: number;
  readonly missing: number;
  /** From the order to wake until the last had arrived. */
  readonly perSecond: number;
  /** From the first arrival to the last. */
  readonly pacedPerSecond: number;
  readonly takeMs: number;
  readonly longestPauseMs: number;
}

/** Devices at the stub's push service; each confirms what it gets. */
async function openOurs(devices: number, args: readonly string[], note: (text: string) => void) {
  const server = await startServer(['ours', ...args]);
  const tokens = Array.from({ length: devices }, (_, n) => tokenOf(n));
  const numberOf = new Map(tokens.map((token, n) => [token, n]));
  let counts = new Uint8Array(devices);
  let arrived = 0;
  let firstAt = 0;
  let lastAt = 0;
  let registered = 0;
  const registeredAll = signal();
  const began = performance.now();
  const sockets = await connectAll(server, (data, socket) => {
    const message = decodePushToClient(data);
    if (message.type === 'registered') {
      registered += message.tokens.length;
      if (registered === devices) registeredAll.resolve();
      return;
    }
    socket.send(encodePush({ type: 'received', id: message.id }));
    const n = numberOf.get(message.token);
    if (n === undefined) throw new Error('a token of nobody');
    counts[n] = (counts[n] ?? 0) + 1;
    lastAt = performance.now();
    if (arrived++ === 0) firstAt = lastAt;
  });
  for (const [k, socket] of sockets.entries()) {
    const theirs = tokens.filter((_, n) => n % connections === k);
    for (let from = 0; from < theirs.length; from += pushLimits.maxTokens)
      socket.send(encodePush({ type: 'register', tokens: theirs.slice(from, from + pushLimits.maxTokens) }));
  }
  await registeredAll.promise;
  return {
    registerMs: performance.now() - began,
    async pass(): Promise<Pass> {
      counts = new Uint8Array(devices);
      arrived = 0;
      const started = performance.now();
      const done = await server.wake(devices, ({ sent, confirmed, waiting }) =>
        note(`  ${sent} sent, ${confirmed} confirmed, ${waiting} waiting`),
      );
      return {
        woken: counts.filter((count) => count > 0).length,
        twice: counts.filter((count) => count > 1).length,
        missing: counts.filter((count) => count === 0).length,
        perSecond: (devices / (lastAt - started)) * 1000,
        pacedPerSecond: ((devices - 1) / (lastAt - firstAt)) * 1000,
        takeMs: done.takeMs,
        longestPauseMs: done.longestPauseMs,
      };
    },
    close: () => closeAll(sockets, server),
  };
}

/** Sockets that count messages and do not look into them. */
async function openBare(devices: number) {
  const server = await startServer(['bare']);
  let left = 0;
  let all = signal();
  const sockets = await connectAll(server, () => {
    if (--left === 0) all.resolve();
  });
  return {
    async pass(): Promise<number> {
      left = devices;
      all = signal();
      const started = performance.now();
      await Promise.all([server.wake(devices, () => {}), all.promise]);
      return (devices / (performance.now() - started)) * 1000;
    },
    close: () => closeAll(sockets, server),
  };
}

type Done = Extract<FromPushServer, { type: 'done' }>;
type Progress = Extract<FromPushServer, { type: 'progress' }>;

interface PushServer {
  readonly url: string;
  readonly ca: string;
  readonly process: ChildProcess;
  wake(count: number, onProgress: (progress: Progress) => void): Promise<Done>;
}

async function startServer(args: readonly string[]): Promise<PushServer> {
  const child = fork(fileURLToPath(new URL('./push-server.js', import.meta.url)), args);
  let hear: (message: FromPushServer) => void = () => {};
  let fail: (error: Error) => void = () => {};
  child.on('message', (message: FromPushServer) => hear(message));
  child.on('exit', (code) => fail(new Error(`the push server ended with code ${code}`)));
  const answer = <T>(read: (message: FromPushServer) => T | undefined) =>
    new Promise<T>((resolve, reject) => {
      fail = reject;
      hear = (message) => {
        const value = read(message);
        if (value !== undefined) resolve(value);
      };
    });
  const { url, ca } = await answer((message) => (message.type === 'ready' ? message : undefined));
  return {
    url,
    ca,
    process: child,
    wake(count, onProgress) {
      const done = answer((message) => {
        if (message.type === 'progress') onProgress(message);
        return message.type === 'done' ? message : undefined;
      });
      const order: ToPushServer = { type: 'wake', count };
      child.send(order);
      return done;
    },
  };
}

function connectAll({ url, ca }: PushServer, onMessage: (data: Buffer, socket: WebSocket) => void) {
  const connect = async () => {
    const socket = new WebSocket(url, { ca, perMessageDeflate: false });
    socket.on('message', (data: Buffer) => onMessage(data, socket));
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
    return socket;
  };
  return Promise.all(Array.from({ length: connections }, connect));
}

function closeAll(sockets: readonly WebSocket[], server: PushServer): void {
  for (const socket of sockets) socket.terminate();
  server.process.removeAllListeners('exit');
  server.process.disconnect();
}

function signal() {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve: () => resolve() };
}
