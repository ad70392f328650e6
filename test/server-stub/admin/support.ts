import { Client, type GraphError } from '@microsoft/microsoft-graph-client';
import { onTestFinished, vi } from 'vitest';
import { silentLog } from '../../../base/log.js';
import type { AdminPorts } from '../../../server-stub/admin/graph.js';
import { adminRoutes } from '../../../server-stub/admin/routes.js';
import type { TenantConfig } from '../../../server-stub/core/types.js';
import { serveHttp } from '../../../server-stub/http.js';
import type { StubRequest } from '../../../server-stub/http-types.js';
import { ios } from '../../../server-stub/ios/dialect.js';
import { pushCertificateRoutes } from '../../../server-stub/ios/push-certificate.js';
import { type Bench, counted, open } from '../core/support.js';

export const tokens = { administrator: 'administrator-token', helpDesk: 'help-desk-token', reader: 'reader-token' };

export interface AdminBench extends Bench {
  /** The official Graph client, as that role. It insists on https; the last hop of these tests is plain http on a port of their own. */
  graph(role?: keyof typeof tokens): Client;
  /** Where it serves, over plain http. */
  readonly url: string;
  /** A request by hand. */
  raw(path: string, init?: RequestInit): Promise<{ status: number; body: Json; headers: Headers }>;
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely
export type Json = any;

/** `more`: of the ports, in place of the bench's own. */
export async function openAdmin(
  change: Partial<TenantConfig> = {},
  more: Partial<AdminPorts> = {},
): Promise<AdminBench> {
  const bench = open(change);
  const { tenant, clock } = bench;
  const words = new Map([[ios.name, ios.graph]]);
  const originFor = (request: StubRequest): string => `https://${request.headers['host']}`;
  const ports: AdminPorts = { tenant, tokens, clock, log: silentLog, random: counted(), words, originFor, ...more };
  const routes = adminRoutes(ports, pushCertificateRoutes({ tenant, log: silentLog }));
  const server = await serveHttp({ port: 0, host: '127.0.0.1', routes, log: silentLog });
  onTestFinished(() => server.close());
  const real = globalThis.fetch;
  const host = `127.0.0.1:${server.port}`;
  vi.stubGlobal('fetch', (input: string, init?: RequestInit) =>
    real(input.replace(`https://${host}/`, `http://${host}/`), init),
  );
  onTestFinished(() => void vi.unstubAllGlobals());
  return {
    ...bench,
    url: `http://${host}`,
    graph: (role = 'administrator') =>
      Client.init({
        baseUrl: `https://${host}`,
        customHosts: new Set(['127.0.0.1']),
        authProvider: (done) => done(null, tokens[role]),
      }),
    async raw(path, init) {
      const answer = await real(`http://${host}${path}`, init);
      const text = await answer.text();
      return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) };
    },
  };
}

export const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

/** How the client saw a request fail: status, and the code of Graph's error body. */
export async function failure(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return 'none';
  } catch (error) {
    const { statusCode, code } = error as GraphError;
    return `${statusCode} ${code}`;
  }
}
