import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../base/log.js';
import { buildIssuerAndSubject } from '../../protocol/scep/request.js';
import { readPem } from '../../protocol/x509/pem.js';
import { openJournal } from '../../server-stub/core/journal.js';
import type { AuthorityOptions } from '../../server-stub/index.js';
import { temporaryFolder } from '../support/programs.js';
import { askScep, Client, enrolledClient, fetchChallenge, openStub, postScep, type Stub, user1 } from './ios/stub.js';

describe('an authority with a data folder', () => {
  /** Stops the stub and starts another on the same folder and clock. */
  async function restart(stub: Stub, dataFolder: string, scep: AuthorityOptions['scep'] = {}): Promise<Stub> {
    await stub.authority.close();
    return openStub({ dataFolder, clock: stub.clock, scep });
  }

  it('knows its devices and their certificates after a restart', async () => {
    const dataFolder = temporaryFolder();
    const caFile = join(dataFolder, 'trust', 'ca.pem');
    const before = await openStub({ dataFolder, caFile });
    const { udid, topic, certificate, key } = await enrolledClient(before);
    const after = await restart(before, dataFolder);
    expect(after.authority.caPem).toBe(readFileSync(caFile, 'utf8'));
    expect((await new Client(after, udid, topic, certificate, key).connect()).reply.status).toBe(200);
    after.authority.tenant.queue(udid, { kind: 'lock' });
    expect(after.authority.push.log()).toMatchObject([{ outcome: 'kept', topic }]); // its token is known still
  });

  it('wakes after a restart whom it had a reason to wake, and nobody else', async () => {
    const dataFolder = temporaryFolder();
    const before = await openStub({ dataFolder });
    const waiting = await enrolledClient(before);
    await enrolledClient(before);
    before.authority.tenant.queue(waiting.udid, { kind: 'lock' });
    const after = await restart(before, dataFolder);
    const token = waiting.token.toString('hex').slice(0, 16);
    expect(after.authority.push.log()).toMatchObject([{ outcome: 'kept', token }]);
  });

  it('wakes nobody again who was notified of a change before the restart', async () => {
    const dataFolder = temporaryFolder();
    const before = await openStub({ dataFolder });
    const device = await enrolledClient(before);
    await device.session();
    const { tenant, push } = before.authority;
    tenant.setAuthority('office365', 'the test');
    tenant.renewPushCertificate('the test');
    await tenant.handedOn();
    expect(push.log().at(-1)?.outcome).toBe('kept');
    const after = await restart(before, dataFolder);
    await after.authority.tenant.handedOn();
    expect(after.authority.push.log()).toEqual([]);
    expect(after.authority.tenant.change(1)).toMatchObject({ toNotify: 1, notified: 1, waiting: 1 });
  });

  it('takes the challenge of a profile that was fetched before a restart, once', async () => {
    const dataFolder = temporaryFolder();
    const before = await openStub({ dataFolder });
    const { challenge } = await fetchChallenge(before, user1);
    const used = await fetchChallenge(before, user1);
    const first = await askScep(before, { challenge: used.challenge });
    const after = await restart(before, dataFolder);
    expect((await askScep(after, { challenge })).answer?.pkiStatus).toBe('success');
    expect((await askScep(after, { challenge: used.challenge })).answer).toMatchObject({ failInfo: 'badRequest' });
    expect(after.lines()).toMatchObject([{ reason: 'the challenge is used' }]);
    const again = await postScep(after, first.message); // a request whose answer was lost
    expect([again.status, after.lines()]).toEqual([200, []]);
  });

  it('keeps what waits for approval, declarations with their documents, and reports of devices', async () => {
    const dataFolder = temporaryFolder();
    const manual = { approval: 'manual' } as const;
    const before = await openStub({ dataFolder, scep: manual });
    const transactionId = 'wait for me';
    const { challenge } = await fetchChallenge(before, user1);
    const first = await askScep(before, { challenge, request: { transactionId } });
    expect(first.answer?.pkiStatus).toBe('pending');
    const url = new URL(before.authority.ios.addDocument(Buffer.from('a profile')));
    const declaration = { Type: 'com.apple.configuration.management.test', Identifier: 't', Payload: { Echo: 'é' } };
    before.authority.ios.setDeclarations([declaration]);
    const tokens = async (stub: Stub) => {
      const headers = { authorization: `Bearer ${stub.authority.adminTokens.administrator}` };
      return (await stub.send('/stub/v1/ddm/declarations', { headers })).body.toString();
    };
    const declared = await tokens(before);
    const after = await restart(before, dataFolder, manual);
    expect(await tokens(after)).toBe(declared);
    expect((await after.send(url.pathname)).body.toString()).toBe('a profile');
    after.authority.scep.approve(transactionId);
    const [ca] = readPem(after.authority.caPem);
    const content = buildIssuerAndSubject(ca?.der ?? Buffer.alloc(0), [[['CN', 'a device']]]);
    const poll = await askScep(after, { key: first.key, request: { messageType: 'CertPoll', transactionId, content } });
    expect(poll.certificate).toBeDefined();
  });

  it('keeps the last status report of a device, and forgets it with the device', async () => {
    const dataFolder = temporaryFolder();
    const before = await openStub({ dataFolder });
    const { udid, topic, certificate, key } = await enrolledClient(before);
    const report = { StatusItems: { device: { 'operating-system': { version: '18.1' } } }, Errors: [] };
    await new Client(before, udid, topic, certificate, key).declarative('status', report);
    const status = async (stub: Stub) => {
      const headers = { authorization: `Bearer ${stub.authority.adminTokens.administrator}` };
      return (await stub.send(`/stub/v1/ddm/status/${udid}`, { headers })).status;
    };
    const after = await restart(before, dataFolder);
    expect(await status(after)).toBe(200);
    await new Client(after, udid, topic, certificate, key).checkOut();
    const last = await restart(after, dataFolder);
    expect(await status(last)).toBe(404);
  });

  it('opens a folder of the time when iOS was the only platform, and goes on with what it holds', async () => {
    const dataFolder = temporaryFolder();
    const first = await openStub({ dataFolder });
    const { udid, topic, certificate, key: deviceKey } = await enrolledClient(first);
    const before = await restart(first, dataFolder, { approval: 'manual' });
    const { challenge } = await fetchChallenge(before, user1);
    const waiting = await fetchChallenge(before, user1);
    const transactionId = 'wait for me';
    const { key } = await askScep(before, { challenge: waiting.challenge, request: { transactionId } });
    await before.authority.close();
    await writeAsBefore(dataFolder);

    const after = await openStub({ dataFolder, clock: first.clock });
    expect((await new Client(after, udid, topic, certificate, deviceKey).connect()).reply.status).toBe(200);
    expect((await askScep(after, { challenge })).answer?.pkiStatus).toBe('success');
    after.authority.scep.approve(transactionId);
    const [ca] = readPem(after.authority.caPem);
    const content = buildIssuerAndSubject(ca?.der ?? Buffer.alloc(0), [[['CN', 'a device']]]);
    const poll = { key, request: { messageType: 'CertPoll', transactionId, content } } as const;
    expect((await askScep(after, poll)).certificate).toBeDefined();

    const last = await restart(after, dataFolder); // what was written since stands under the new names, once
    expect((await askScep(last, { challenge })).answer).toMatchObject({ failInfo: 'badRequest' });
    expect(last.lines()).toMatchObject([{ reason: 'the challenge is used' }]);
    expect((await askScep(last, poll)).certificate).toBeDefined();
    await last.authority.close();
    const journal = openJournal(dataFolder, silentLog);
    const keys = (table: string) =>
      journal
        .keep(table)
        .entries()
        .map(([stored]) => stored);
    expect(keys('scep-challenges')).toContain(challenge);
    expect(keys('ios-challenges')).not.toContain(challenge);
    await journal.close();
  });

  it('sets aside a challenge that cannot be read, and starts with all else', async () => {
    const dataFolder = temporaryFolder();
    const before = await openStub({ dataFolder });
    await before.authority.close();
    const journal = openJournal(dataFolder, silentLog);
    journal.keep('ios-challenges').put('ABC', { isUsed: 'perhaps' });
    journal.keep('ios-challenges').put('DEF', { invited: { purpose: 'identity' }, expiresAt: 1, isUsed: false });
    await journal.close();
    const after = await openStub({ dataFolder });
    const list = async (method: string, path = '') => {
      const headers = { authorization: `Bearer ${after.authority.adminTokens.administrator}` };
      const answer = await after.send(`/stub/v1/aside${path}`, { method, headers });
      return { status: answer.status, value: answer.body.length > 0 ? JSON.parse(answer.body.toString()).value : [] };
    };
    const aside = {
      id: '00000001',
      table: 'keep ios-challenges',
      key: 'ABC',
      reason: expect.stringContaining('grant'),
    };
    expect((await list('GET')).value).toEqual([aside]);
    expect(after.authority.counters.aside).toBe(1);
    expect((await list('DELETE', '/00000009')).status).toBe(404);
    expect((await list('DELETE', '/00000001')).status).toBe(204);
    expect((await list('GET')).value).toEqual([]);
    await after.authority.close();
    const again = openJournal(dataFolder, silentLog);
    expect(
      again
        .keep('ios-challenges')
        .entries()
        .map(([key]) => key),
    ).toEqual(['DEF']);
    expect(again.aside).toEqual([]);
    await again.close();
  });

  it('refuses to start where the set of declarations cannot be read: without it devices would drop theirs', async () => {
    const dataFolder = temporaryFolder();
    const before = await openStub({ dataFolder });
    await before.authority.close();
    const journal = openJournal(dataFolder, silentLog);
    journal.keep('ios-declarations').put('set', { list: 'none' });
    await journal.close();
    await expect(openStub({ dataFolder })).rejects.toMatchObject({
      code: 'DATA_CORRUPT',
      message: expect.stringContaining('declarations'),
    });
  });
});

/** Names and shapes as they were: SCEP's tables were the iOS dialect's, a grant was called `invited`, platforms were not written. */
async function writeAsBefore(dataFolder: string): Promise<void> {
  const journal = openJournal(dataFolder, silentLog);
  const without = ({ platform, ...rest }: Record<string, unknown>) => {
    expect(platform).toBe('ios');
    return rest;
  };
  for (const name of ['challenges', 'transactions']) {
    const [now, then] = [journal.keep(`scep-${name}`), journal.keep(`ios-${name}`)];
    const entries = now.entries();
    expect(entries.length).toBeGreaterThan(0);
    for (const [key, value] of entries) {
      const { grant, ...rest } = value as { readonly grant: Record<string, unknown> };
      then.put(key, { ...rest, invited: without(grant) });
      now.put(key, undefined);
    }
  }
  const issued = journal.keep('issued');
  for (const [serial, value] of issued.entries()) issued.put(serial, without(value as Record<string, unknown>));
  await journal.close();
}
