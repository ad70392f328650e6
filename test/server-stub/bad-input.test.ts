// Every kind of bad input over real sockets: it gets its protocol's own refusal, one log line with a code, changes nothing
// that is stored, and a good device is served afterwards. The rows are in bad-input/.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { protocolCatalogue } from '../../protocol/errors.js';
import { stubCatalogue } from '../../server-stub/errors.js';
import { eventually } from '../support/eventually.js';
import { administration } from './bad-input/administration.js';
import { enrollments } from './bad-input/enrollments.js';
import { identities } from './bad-input/identities.js';
import { messages } from './bad-input/messages.js';
import { dayMs } from './bad-input/row.js';
import { sockets } from './bad-input/sockets.js';
import {
  type Client,
  emptyTenant,
  enrolledClient,
  type LogLine,
  openStub,
  type Stub,
  type StubOptions,
} from './ios/stub.js';

/** All that is stored, but for the record of refusals, which is the refusals' own. */
function stored({ authority }: Stub): string {
  const { tenant } = authority;
  return JSON.stringify({
    devices: tenant.devices(),
    commands: tenant.devices().map(({ deviceId }) => tenant.commands(deviceId)),
    users: tenant.users(),
    profiles: tenant.profiles(),
    changes: tenant.changes(),
    authority: tenant.authority,
    pushCertificate: tenant.pushCertificate(),
    certificates: authority.counters.certificates,
    tokens: authority.push.progress.tokens,
    pending: authority.scep.pending(),
  });
}

const codes = new Set([...Object.keys(stubCatalogue), ...Object.keys(protocolCatalogue), 'TLS_REFUSED']);

const open = (whenOver?: StubOptions['whenOver']): Promise<Stub> => {
  const tenant = emptyTenant();
  const locked = { ...tenant.users[0], id: 'locked', upn: 'locked@contoso.example', password: 'secret' };
  return openStub({
    level: 'debug',
    deviceCertificateMs: 10 * dayMs,
    tenant: { ...tenant, users: [...tenant.users, { displayName: '', products: ['SPB'], groups: [], ...locked }] },
    ...(whenOver && { whenOver }),
  });
};

describe('bad input', () => {
  const rows = [...messages, ...identities, ...enrollments, ...administration, ...sockets];
  // One stub for all rows that begin with nothing but a good device, which each of them leaves as it found it.
  const closing: (() => unknown)[] = [];
  let common: { stub: Stub; good: Client };
  beforeAll(async () => {
    const stub = await open((close) => closing.unshift(close));
    common = { stub, good: await enrolledClient(stub) };
  });
  afterAll(async () => {
    for (const close of closing) await close();
  });
  const alone = async () => {
    const stub = await open();
    return { stub, good: await enrolledClient(stub) };
  };

  it.each(rows.map((each) => [each.name, each] as const))('%s', async (_, { code, refusal, send, prepare }) => {
    const { stub, good } = prepare === undefined ? common : await alone();
    const ready = await prepare?.(stub, good);
    stub.lines();
    const before = stored(stub);

    expect(await send({ stub, good, ready }, ready)).toEqual(refusal);

    const said: LogLine[] = [];
    await eventually(() => said.push(...stub.lines()) > 0);
    expect(said.map(({ event }) => event)).toEqual([expect.stringMatching(`^${code}`)]);
    for (const { event } of said) expect(codes).toContain(event);
    expect(stored(stub)).toBe(before);
    expect((await good.connect()).reply.status).toBe(200);
    expect(stub.lines().map(({ event }) => event)).toEqual(['CHECKED_IN']); // nor was anything else said later
  });
});
