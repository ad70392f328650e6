// Every kind of bad input over real sockets: it gets its protocol's own refusal, one log line with a code, changes nothing
// that is stored, and a good device is served afterwards. The rows are in bad-input/.
import { describe, expect, it } from 'vitest';
import { protocolCatalogue } from '../../protocol/errors.js';
import { stubCatalogue } from '../../server-stub/errors.js';
import { eventually } from '../support/eventually.js';
import { administration } from './bad-input/administration.js';
import { enrollments } from './bad-input/enrollments.js';
import { identities } from './bad-input/identities.js';
import { messages } from './bad-input/messages.js';
import { dayMs } from './bad-input/row.js';
import { sockets } from './bad-input/sockets.js';
import { emptyTenant, enrolledClient, type LogLine, openStub, type Stub } from './ios/stub.js';

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

describe('bad input', () => {
  const rows = [...messages, ...identities, ...enrollments, ...administration, ...sockets];
  it.each(rows.map((each) => [each.name, each] as const))('%s', async (_, { code, refusal, send, prepare }) => {
    const tenant = emptyTenant();
    const locked = { ...tenant.users[0], id: 'locked', upn: 'locked@contoso.example', password: 'secret' };
    const stub = await openStub({
      level: 'debug',
      deviceCertificateMs: 10 * dayMs,
      tenant: { ...tenant, users: [...tenant.users, { displayName: '', products: ['SPB'], groups: [], ...locked }] },
    });
    const good = await enrolledClient(stub);
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
