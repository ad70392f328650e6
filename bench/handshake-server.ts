// The server process of the handshake bench. argv: look | blind. Answers every request; with `look` it reads the client's certificate.
import { randomBytes } from 'node:crypto';
import { realClock } from '../base/clock.js';
import { silentLog } from '../base/log.js';
import { openCa } from '../server-stub/ca.js';
import { serveHttp } from '../server-stub/http.js';
import { settledRss } from './settled.js';

export type FromHandshakeServer = { readonly port: number } | { readonly rss: number; readonly seen: number };

const tell = (message: FromHandshakeServer) => process.send?.(message);
const looks = process.argv[2] === 'look';
const ca = await openCa({ clock: realClock, random: randomBytes, hostnames: [], deviceCertificateMs: () => 1 });
let seen = 0;
const { port } = await serveHttp({
  port: 0,
  host: '127.0.0.1',
  tls: ca.server,
  routes: [
    {
      method: 'GET',
      path: '/',
      handle(request) {
        if (looks && request.clientCertificate !== undefined) seen++;
        return { status: 204 };
      },
    },
  ],
  log: silentLog,
});
process.on('message', async () => tell({ rss: await settledRss(), seen }));
process.on('disconnect', () => process.exit());
tell({ port });
