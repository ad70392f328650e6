import { randomUUID } from 'node:crypto';
import type { AnyStub, Reply, Send } from '../server-stub/ios/stub.js';
import type { DialectDevice, DialectHarness } from './dialect.js';
import { invented } from './invented-dialect.js';

const tokens = new Map<string, string>();
const heard = new Map<string, number>();
const note = '/stub/v1/invented/note';

const administrator = ({ authority }: AnyStub) => ({
  authorization: `Bearer ${authority.adminTokens.administrator}`,
});

/** Says something as this device. */
export const say = (stub: AnyStub, id: string, path: string, send: Send = {}): Promise<Reply> =>
  stub.send(`/invented/${path}`, { ...send, headers: { 'x-token': tokens.get(id) ?? '' } });

const read = ({ body }: Reply) => JSON.parse(body.toString('utf8'));

async function begin(stub: AnyStub, user: string): Promise<string> {
  const id = randomUUID();
  const reply = await stub.send(`/invented/enroll/${id}?user=${user}`, { method: 'POST' });
  if (reply.status !== 201) throw new Error(`enrolling was answered ${reply.status}`);
  tokens.set(id, read(reply).token);
  return id;
}

async function session(stub: AnyStub, id: string): Promise<boolean> {
  let results: { readonly id: string }[] = [];
  for (;;) {
    const reply = await say(stub, id, 'session', { method: 'POST', body: JSON.stringify({ results }) });
    if (reply.status === 418 && read(reply).error.code === 'DEVICE_UNKNOWN') return false;
    if (reply.status !== 200) throw new Error(`the session was answered ${reply.status}`);
    const next = read(reply);
    if (next.id === undefined) return true;
    results = [{ id: next.id }];
  }
}

export const inventedHarness: DialectHarness = {
  dialect: invented,
  begin,
  async enroll(stub, user): Promise<DialectDevice> {
    const id = await begin(stub, user);
    await say(stub, id, 'confirm', { method: 'POST' });
    await session(stub, id);
    return {
      id,
      checkIn: (at) => session(at, id),
      async wakes(at) {
        const { wakes } = read(await say(at, id, 'wakes'));
        if (wakes !== undefined) heard.set(id, wakes);
        return heard.get(id) ?? 0; // who has left hears of no more
      },
    };
  },
  hostile(_, { id }) {
    const refused = ({ status }: Reply) => status === 418;
    const headers = { 'x-token': tokens.get(id) ?? '' };
    const post = (body: string) => ({ method: 'POST', headers, body });
    return [
      { what: 'nobody speaks', path: '/invented/session', send: { method: 'POST' }, isRefusal: refused },
      {
        what: 'a token that was guessed',
        path: '/invented/wait',
        send: { headers: { 'x-token': 'guess' } },
        isRefusal: refused,
      },
      {
        what: 'the name of a property',
        path: '/invented/wakes',
        send: { headers: { 'x-token': '__proto__' } },
        isRefusal: refused,
      },
      { what: 'no JSON', path: '/invented/session', send: post('{'), isRefusal: refused },
      { what: 'another shape', path: '/invented/session', send: post('{"results":{}}'), isRefusal: refused },
      {
        what: 'somebody unknown',
        path: '/invented/enroll/x?user=nobody',
        send: { method: 'POST' },
        isRefusal: refused,
      },
      {
        what: 'another method',
        path: '/invented/hello',
        send: { method: 'DELETE' },
        isRefusal: ({ status }) => status === 405,
      },
    ];
  },
  async remember(stub) {
    await stub.send(note, { method: 'PUT', headers: administrator(stub), body: JSON.stringify({ note: 'kept' }) });
  },
  async recall(stub) {
    return read(await stub.send(note, { headers: administrator(stub) }));
  },
};
