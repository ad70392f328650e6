import { expect, it } from 'vitest';
import type { Stored } from '../../server-stub/core/persistence.js';
import type { Route, StubAnswer, StubRequest } from '../../server-stub/http-types.js';
import { answeredWhenStored } from '../../server-stub/stored-answers.js';

const request: StubRequest = {
  method: 'PUT',
  path: '/x',
  query: new URLSearchParams(),
  headers: {},
  body: Buffer.alloc(0),
  params: {},
  remote: '127.0.0.1',
};

/** A store that a test decides about, and a route that tells it of a change, or not. */
function bench(handle: (store: { changes: number }) => StubAnswer | Promise<StubAnswer>) {
  const events: string[] = [];
  let settle: { resolve(): void; reject(error: Error): void } | undefined;
  const store = {
    changes: 0,
    failure: undefined,
    durable: () =>
      new Promise<void>((resolve, reject) => {
        events.push('asked');
        settle = { resolve, reject };
      }),
  };
  const route: Route = { method: 'PUT', path: '/x', handle: () => handle(store) };
  const [wrapped] = answeredWhenStored([route], store satisfies Stored);
  const answer = Promise.resolve(wrapped?.handle(request)).then(
    (reply) => void events.push(`answered ${reply?.status}`),
    (error: Error) => void events.push(`failed: ${error.message}`),
  );
  return { events, answer, store: () => settle };
}

/** Whatever could go on without the disk has gone on. */
const turn = () => new Promise(setImmediate);

it('tells of a change only when the change is stored', async () => {
  const { events, answer, store } = bench((changing) => {
    changing.changes++;
    return { status: 200 };
  });
  await turn();
  expect(events).toEqual(['asked']);
  store()?.resolve();
  await answer;
  expect(events).toEqual(['asked', 'answered 200']);
});

it('waits for no disk where nothing changed', async () => {
  const { events, answer } = bench(() => ({ status: 200 }));
  await answer;
  expect(events).toEqual(['answered 200']);
});

it('answers a change that could not be stored with the reason', async () => {
  const { events, answer, store } = bench(async (changing) => {
    changing.changes++;
    return { status: 201 };
  });
  await turn();
  store()?.reject(new Error('no space left'));
  await answer;
  expect(events).toEqual(['asked', 'failed: no space left']);
});

it('answers a refusal whose record could not be stored all the same, after it was tried', async () => {
  const { events, answer, store } = bench((changing) => {
    changing.changes++;
    return { status: 403 };
  });
  await turn();
  expect(events).toEqual(['asked']);
  store()?.reject(new Error('no space left'));
  await answer;
  expect(events).toEqual(['asked', 'answered 403']);
});

it('lets what a handler throws wait for what it changed, and throws that', async () => {
  const { events, answer, store } = bench((changing) => {
    changing.changes++;
    throw new Error('refused');
  });
  await turn();
  expect(events).toEqual(['asked']);
  store()?.reject(new Error('no space left'));
  await answer;
  expect(events).toEqual(['asked', 'failed: refused']);
});
