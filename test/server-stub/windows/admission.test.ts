// What the core is told of an attempt to enroll on Windows: by what the device shows, and by the headers of convention.
import { expect, it } from 'vitest';
import { silentLog } from '../../../base/log.js';
import { encodeDiscover } from '../../../protocol/mde2/discover.js';
import { hresultHex, hresultOfFault } from '../../../protocol/mde2/hresult.js';
import { encodeGetPolicies } from '../../../protocol/mde2/policies.js';
import { openJournal } from '../../../server-stub/core/journal.js';
import { temporaryFolder } from '../../support/programs.js';
import { type AnyStub, emptyTenant, openStub, type Reply, user1, user2 } from '../ios/stub.js';
import { enrolledClient, faultOf, passwordOf, paths, soap, tokenOf, WindowsClient } from './client.js';

const minuteMs = 60_000;
const autopilot = (mode?: string) => ({
  'rollcall-enrollment': 'autopilot',
  ...(mode !== undefined && { 'rollcall-autopilot': mode }),
});

/** HRESULT and failure, or nothing where it was not refused. */
function refusal(reply: Reply): string {
  const fault = faultOf(reply);
  if (fault === undefined) return '';
  return `${hresultHex(hresultOfFault(fault) ?? 0)} ${/^E\d\d/.exec(fault.detail?.message ?? '')?.[0] ?? 'no failure'}`;
}

const recorded = ({ authority }: AnyStub) => authority.tenant.failures().map(({ code, way }) => `${code} ${way}`);

it('Autopilot is a header: the record of the serial number decides who enrolls, and how', async () => {
  const known = { createdAt: 0, profileId: 'office' };
  const stub = await openStub({
    tenant: emptyTenant({
      autopilotProfiles: [
        { id: 'office', displayName: 'Office', mode: 'userDriven' },
        { id: 'kiosk', displayName: 'Kiosk', mode: 'selfDeploying' },
      ],
      autopilot: [
        { ...known, id: '1', serial: 'PC-1' },
        { ...known, id: '2', serial: 'PC-2', profileId: 'kiosk' },
        { id: '3', serial: 'PC-3', createdAt: 0 },
        { ...known, id: '4', serial: 'PC-4' },
      ],
    }),
  });
  stub.authority.tenant.removeAutopilotDevice('4');
  const attempt = async (serialNumber: string, mode?: string) => {
    const client = new WindowsClient(stub);
    const credential = mode === 'selfDeploying' ? undefined : passwordOf(user1);
    const reply = await client.enroll(credential, { context: client.context({ serialNumber }) }, autopilot(mode));
    return { client, said: refusal(reply) };
  };
  const said = async (serial: string, mode?: string) => (await attempt(serial, mode)).said;
  expect(await said('PC-9', 'userDriven')).toBe('0x80180019 E13');
  expect(await said('', 'selfDeploying')).toBe('0x80180019 E13');
  expect(await said('PC-3', 'userDriven')).toBe('0x80180019 E14');
  expect(await said('PC-1', 'selfDeploying')).toBe('0x80180019 E15');
  expect(await said('PC-2', 'userDriven')).toBe('0x80180019 E15');
  expect(await said('PC-4', 'userDriven')).toBe('0x80180019 E16');
  expect(recorded(stub)).toEqual(['E13', 'E13', 'E14', 'E15', 'E15', 'E16'].map((code) => `${code} autopilot`));
  expect(stub.authority.tenant.devices()).toEqual([]);

  const mine = await attempt('pc-1', 'userDriven');
  const alone = await attempt('PC-2', 'selfDeploying');
  expect([mine.said, alone.said]).toEqual(['', '']);
  const { tenant } = stub.authority;
  const kept = [mine, alone].map(({ client }) => tenant.device(client.deviceId));
  expect(kept.map((device) => device?.enrollmentType)).toEqual(['autopilot', 'autopilot']);
  expect(kept.map((device) => device?.userId)).toEqual([tenant.user(user1)?.id, undefined]);
  // Without the header nobody who has no credential is let in, whatever the serial number; nor with the mode of a user.
  for (const headers of [{}, autopilot(), autopilot('userDriven'), { 'rollcall-autopilot': 'selfDeploying' }]) {
    const client = new WindowsClient(stub);
    const context = client.context({ serialNumber: 'PC-2' });
    expect(refusal(await client.enroll(undefined, { context }, headers))).toBe('0x80180002 no failure');
  }
});

it('a bulk token that has expired is known and refused with E12 at the first step that shows it; one that is removed is not known', async () => {
  const stub = await openStub();
  const token = stub.authority.windows.bulkToken(2 * minuteMs);
  const policies = () =>
    stub.send(paths.policy, soap(encodeGetPolicies({ to: 'x', credential: tokenOf(token) }))).then(refusal);
  const enroll = async () => refusal(await new WindowsClient(stub).enroll(tokenOf(token)));
  expect([await policies(), await enroll()]).toEqual(['', '']);
  await stub.clock.advance(2 * minuteMs);
  expect([await policies(), await enroll()]).toEqual(['0x80180002 E12', '0x80180002 E12']);
  expect(recorded(stub)).toEqual(['E12 bulk', 'E12 bulk']);
  const [{ id } = { id: '' }] = stub.authority.tenant.bulkTokens();
  stub.authority.tenant.removeBulkToken(id);
  expect(await enroll()).toBe('0x80180002 no failure');
  expect(recorded(stub)).toHaveLength(2);
});

it('bulk tokens of a folder of before are carried over: who holds one enrolls, before a restart and after it', async () => {
  const dataFolder = temporaryFolder();
  const journal = openJournal(dataFolder, silentLog);
  const before = journal.keep('windows-tokens');
  const expiresAt = Date.parse('2027-01-01');
  before.put('GOOD', { expiresAt, isReusable: true });
  before.put('OVER', { expiresAt: 1, isReusable: true });
  await journal.close();
  for (const _ of ['first', 'again']) {
    const stub = await openStub({ dataFolder });
    const said = async (token: string) => refusal(await new WindowsClient(stub).enroll(tokenOf(token)));
    expect([await said('GOOD'), await said('OVER')]).toEqual(['', '0x80180002 E12']);
    expect(
      stub.authority.tenant
        .bulkTokens()
        .map(({ token }) => token)
        .sort(),
    ).toEqual(['GOOD', 'OVER']);
    await stub.authority.close();
  }
});

it('an attempt began with its first step, Discover or GetPolicies (E23)', async () => {
  const tenant = emptyTenant();
  const settings = { ...tenant.settings, deviceLimitPerUser: 1 };
  const stub = await openStub({ tenant: { ...tenant, settings } });
  const { clock, authority } = stub;
  for (const user of [user1, user2]) await enrolledClient(stub, user);
  const discover = (emailAddress: string) =>
    encodeDiscover({
      to: 'x',
      emailAddress,
      requestVersion: '5.0',
      applicationVersion: '10.0.26100.1',
      osEdition: 4,
      authPolicies: ['OnPremise'],
    });
  const refused = async (user: string) => {
    expect(refusal(await new WindowsClient(stub).enroll(passwordOf(user)))).toBe('0x80180013 E17');
    const { at, startedAt = 0 } = authority.tenant.failures().at(-1) ?? { at: 0 };
    return at - startedAt;
  };
  await stub.send(paths.discovery, soap(discover(user1.toUpperCase())));
  await clock.advance(3 * minuteMs);
  await stub.send(paths.policy, soap(encodeGetPolicies({ to: 'x', credential: passwordOf(user1) })));
  await clock.advance(2 * minuteMs);
  expect(await refused(user1)).toBe(5 * minuteMs);
  expect(await refused(user2)).toBe(0); // another's first step is none of this attempt
  await stub.send(paths.discovery, soap(discover(user1))); // a new attempt
  await clock.advance(minuteMs);
  expect(await refused(user1)).toBe(minuteMs);
  await clock.advance(tenant.settings.enrollmentMs);
  expect(await refused(user1)).toBe(0); // so long no attempt takes
});

it('what blocks a manufacturer or an old Company Portal is judged where the device tells of it', async () => {
  const windows = { blockedManufacturers: ['Example'] };
  const restriction = { id: 'default', displayName: 'Default', kind: 'platforms', priority: 0, groups: [] } as const;
  const stub = await openStub({
    tenant: emptyTenant({ restrictions: [{ ...restriction, platforms: { windows } }] }),
  });
  const { tenant } = stub.authority;
  const client = new WindowsClient(stub);
  expect(refusal(await client.enroll(passwordOf(user1)))).toBe('0x80180003 E07');
  const silent = { context: client.context({ manufacturer: undefined }) }; // as Windows 10
  expect(refusal(await client.enroll(passwordOf(user1), silent))).toBe('');
  expect((await client.session()).isDisowned).toBe(true); // DevInfo tells it
  expect(tenant.devices()).toEqual([]);
  const policies = soap(encodeGetPolicies({ to: 'x', credential: passwordOf(user1) }));
  const by = async (version: string) =>
    refusal(
      await stub.send(paths.policy, {
        ...policies,
        headers: { ...policies.headers, 'rollcall-company-portal': version },
      }),
    );
  expect([await by('10.9.9'), await by('11.0')]).toEqual(['0x80180003 E05', '']);
  expect(recorded(stub)).toEqual(['E07 user', 'E07 user', 'E05 user']);
});
