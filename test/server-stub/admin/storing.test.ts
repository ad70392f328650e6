// The admin API and the disk: a change is answered when it is stored, and refused while none can be.
import { expect, it } from 'vitest';
import { silentLog } from '../../../base/log.js';
import { guard, noContent } from '../../../server-stub/admin/graph.js';
import { stubError } from '../../../server-stub/errors.js';
import { healthRoute } from '../../../server-stub/health.js';
import type { StubAnswer, StubRequest } from '../../../server-stub/http-types.js';
import { tokens } from './support.js';

const request: StubRequest = {
  method: 'POST',
  path: '/x',
  query: new URLSearchParams(),
  headers: { authorization: `Bearer ${tokens.administrator}` },
  body: Buffer.alloc(0),
  params: {},
  remote: '127.0.0.1',
};

function bench(method: 'GET' | 'POST', failure?: string) {
  const events: string[] = [];
  let settle: { resolve(): void; reject(error: Error): void } = { resolve: () => {}, reject: () => {} };
  const settled = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  const store = {
    changes: 0,
    failure,
    durable() {
      events.push('asked');
      return settled;
    },
  };
  const handle = (): StubAnswer => {
    events.push('handled');
    return noContent;
  };
  const tenant = { authority: 'intune' as const, audit: () => void events.push('audited') };
  const [route] = guard([{ method, path: '/x', handle }], { tenant, tokens, log: silentLog, store });
  const answer = Promise.resolve(route?.handle({ ...request, method }));
  void answer.then((reply) => events.push(`answered ${reply?.status}`));
  return { events, answer, ...settle };
}

const turn = () => new Promise(setImmediate);

it.each(['GET', 'POST'] as const)('%s is answered when what it tells of is stored', async (method) => {
  const { events, answer, resolve } = bench(method);
  await turn();
  expect(events).toEqual(method === 'GET' ? ['handled', 'asked'] : ['handled', 'audited', 'asked']);
  resolve();
  await answer;
  expect(events.slice(-2)).toEqual(['asked', 'answered 204']);
});

it('reading goes on while the disk fails; a change that could not be stored is refused', async () => {
  const [get, refused] = [bench('GET'), bench('POST')];
  get.reject(stubError('STORE_UNWRITABLE', 'no space'));
  expect((await get.answer)?.status).toBe(204);
  refused.reject(stubError('STORE_UNWRITABLE', 'no space'));
  const reply = await refused.answer;
  expect(reply?.status).toBe(507);
  expect(JSON.parse(String(reply?.body))).toEqual({ error: { code: 'InsufficientStorage', message: 'no space' } });
});

it('a change is refused before it is made while none can be stored; reading is not', async () => {
  const { events, answer } = bench('POST', 'ENOSPC');
  const reply = await answer;
  expect(reply?.status).toBe(507);
  expect(String(reply?.body)).toContain('ENOSPC');
  expect(events).toEqual(['answered 507']);
  const get = bench('GET', 'ENOSPC');
  get.resolve();
  expect((await get.answer)?.status).toBe(204);
});

it('GET /healthz says whether changes can be stored, to anybody', async () => {
  const ask = async (failure?: string) => healthRoute({ failure }).handle(request);
  expect(await ask()).toMatchObject({ status: 200, body: '{"status":"ok"}' });
  const failing = await ask('ENOSPC');
  expect(failing.status).toBe(503);
  expect(JSON.parse(String(failing.body))).toEqual({ status: 'failing', code: 'STORE_UNWRITABLE', reason: 'ENOSPC' });
  expect(await healthRoute(undefined).handle(request)).toMatchObject({ status: 200 });
});
