// The server process of the push bench. argv: ours [RATE] | bare. It speaks to its parent by messages (push-messages.ts).
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type WebSocket, WebSocketServer } from 'ws';
import { realClock } from '../base/clock.js';
import { silentLog } from '../base/log.js';
import { encodePush } from '../protocol/push.js';
import { openCa } from '../server-stub/ca.js';
import { startAuthority } from '../server-stub/index.js';
import { keepMs } from '../server-stub/push/service.js';
import { type FromPushServer, idOf, payload, type ToPushServer, tokenOf } from './push-messages.js';

const [kind, rate] = process.argv.slice(2);
const tell = (message: FromPushServer) => process.send?.(message);
const onWake = (wake: (count: number) => void) => process.on('message', (message: ToPushServer) => wake(message.count));
process.on('disconnect', () => process.exit());

if (kind === 'ours') await serveOurs(rate === undefined ? undefined : Number(rate));
else await serveBare();

async function serveOurs(pushRate: number | undefined): Promise<void> {
  const authority = await startAuthority({ log: silentLog, ...(pushRate === undefined ? {} : { pushRate }) });
  const { push } = authority;
  const delays = monitorEventLoopDelay({ resolution: 5 });
  onWake((count) => {
    const tokens = Array.from({ length: count }, (_, n) => tokenOf(n));
    const expiresAt = realClock.now() + keepMs;
    const before = push.progress;
    delays.enable();
    const began = performance.now();
    for (let n = 0; n < count; n++) push.push({ token: tokens[n] ?? '', id: idOf(n), payload, expiresAt });
    const takeMs = performance.now() - began;
    let told = began;
    const look = () => {
      const { sent, confirmed, waiting, repeated } = push.progress;
      const all = before.confirmed + count;
      if (confirmed < all) {
        if (performance.now() - told >= 1000) {
          told = performance.now();
          tell({ type: 'progress', sent: sent - before.sent, confirmed: confirmed - before.confirmed, waiting });
        }
        setTimeout(look, 20);
        return;
      }
      delays.disable();
      tell({ type: 'done', takeMs, longestPauseMs: delays.max / 1e6, repeated: repeated - before.repeated });
      delays.reset();
    };
    look();
  });
  tell({ type: 'ready', url: authority.pushUrl, ca: authority.caPem });
}

/** No tokens, no confirmations, no bound: the same messages, ready made, written one after the other. */
async function serveBare(): Promise<void> {
  const ca = await openCa({ clock: realClock, random: randomBytes, hostnames: [], deviceCertificateMs: () => 1 });
  const server = createServer({ cert: ca.server.certificate, key: ca.server.key });
  const sockets: WebSocket[] = [];
  new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onWake((count) => {
    const texts = Array.from({ length: count }, (_, n) =>
      encodePush({ type: 'notification', token: tokenOf(n), id: idOf(n), payload }),
    );
    for (const [n, text] of texts.entries()) sockets[n % sockets.length]?.send(text);
    tell({ type: 'done', takeMs: 0, longestPauseMs: 0, repeated: 0 });
  });
  tell({ type: 'ready', url: `wss://localhost:${(server.address() as AddressInfo).port}`, ca: ca.certificatePem });
}
