// The enrollment as DMClient and DMAcc show it and let servers change it.
import { describe, expect, it } from 'vitest';
import { accountUid } from '../../../../agent/platform/windows/csp/dm-acc.js';
import { openCsps } from './csp-stage.js';
import { someFacts } from './some-device.js';

const provider = './Device/Vendor/MSFT/DMClient/Provider/Rollcall';

describe('DMClient', () => {
  it('says who is enrolled, and with what', async () => {
    const { get, state } = openCsps();
    expect(await get('./Device/Vendor/MSFT/DMClient/Provider')).toBe('Rollcall');
    expect(await get(`${provider}/UPN`)).toBe('user1@contoso.example');
    expect(await get(`${provider}/EnrollmentType`)).toBe('Full');
    expect(await get(`${provider}/EntDeviceName`)).toBe(state.condition.deviceName);
    expect(await get(`${provider}/HWDevID`)).toBe(someFacts.native['HWDevID']);
    expect(await get('./Vendor/MSFT/DMClient/HWDevID')).toBe(someFacts.native['HWDevID']);
    expect(await get(`${provider}/ManagementServiceAddress`)).toBe('https://mdm.example.test/ManagementServer/MDM.svc');
    expect(await get(`${provider}/AADDeviceID`)).toBe(404);
  });

  it('has the provider of the enrollment and no other, in either scope', async () => {
    const csps = openCsps();
    expect(await csps.get(provider.replace('Rollcall', 'ROLLCALL'))).not.toBe(404);
    for (const scope of ['Device', 'User']) {
      const other = `./${scope}/Vendor/MSFT/DMClient/Provider/Other`;
      expect(await csps.get(other)).toBe(404);
      expect(await csps.add(`${other}/FirstSyncStatus`)).toBe(404);
    }
    expect(await csps.replace(`${provider.replace('Rollcall', 'Other')}/EntDMID`, 'x')).toBe(404);
    expect(await csps.exec(`${provider.replace('Rollcall', 'Other')}/Unenroll`)).toBe(404);
    expect(csps.effects).toEqual([]);
  });

  it('keeps what a server writes of itself', async () => {
    const { get, replace } = openCsps();
    expect(await get(`${provider}/EntDMID`)).toBe(404);
    expect(await replace(`${provider}/EntDMID`, '7BB3')).toBe(200);
    expect(await get(`${provider}/EntDMID`)).toBe('7BB3');
    expect(await replace(`${provider}/UPN`, 'other@contoso.example')).toBe(200);
    expect(await get(`${provider}/UPN`)).toBe('other@contoso.example');
  });

  it('cannot have its provider removed', async () => {
    const csps = openCsps();
    expect(await csps.remove(provider)).toBe(405);
    expect(await csps.get(`${provider}/EnrollmentType`)).toBe('Full');
  });

  it('begins the poll schedule anew when it is written', async () => {
    const csps = openCsps();
    const before = csps.memory.data.pollSince;
    await csps.replace(`${provider}/EntDMID`, '7BB3');
    expect(csps.memory.data.pollSince).toBe(before);
    await csps.clock.advance(60_000);
    expect(await csps.replace(`${provider}/Poll/IntervalForFirstSetOfRetries`, '480', 'int')).toBe(200);
    expect(csps.memory.data.pollSince).toBe(csps.clock.now());
    await csps.clock.advance(60_000);
    expect(await csps.remove(`${provider}/Poll/IntervalForFirstSetOfRetries`)).toBe(200);
    expect(csps.memory.data.pollSince).toBe(csps.clock.now());
  });

  it('moves to another address, to https alone', async () => {
    const csps = openCsps();
    const node = `${provider}/ManagementServiceAddress`;
    for (const wrong of ['http://mdm.example.test/x', 'nowhere', 'https://user@mdm.example.test/'])
      expect(await csps.replace(node, wrong)).toBe(500);
    expect(await csps.replace(node, 'https://other.example.test/dm')).toBe(200);
    expect(csps.memory.data.account.address).toBe('https://other.example.test/dm');
    expect(await csps.get(node)).toBe('https://other.example.test/dm');
  });

  it('moves by UpdateManagementServiceAddress to servers that it knows', async () => {
    const csps = openCsps();
    const node = './Vendor/MSFT/DMClient/UpdateManagementServiceAddress';
    expect(await csps.replace(node, 'https://b.example.test/')).toBe(500);
    await csps.replace(`${provider}/ManagementServerAddressList`, '<https://a.example.test/><https://b.example.test/>');
    expect(await csps.replace(node, 'https://b.example.test/;https://a.example.test/')).toBe(200);
    expect(csps.memory.data.account.address).toBe('https://b.example.test/');
  });

  it('keeps a PFN, and has no channel for it', async () => {
    const { get, add } = openCsps();
    expect(await get(`${provider}/Push/ChannelURI`)).toBe(404);
    expect(await get(`${provider}/Push/Status`)).toBe(404);
    expect(await add(`${provider}/Push/PFN`, 'Contoso.MDM_8wekyb3d8bbwe')).toBe(200);
    expect(await get(`${provider}/Push/PFN`)).toBe('Contoso.MDM_8wekyb3d8bbwe');
    expect(await get(`${provider}/Push/ChannelURI`)).toBe(404);
    expect(await get(`${provider}/Push/Status`)).toBe('4');
  });
});

describe('leaving by the server’s word', () => {
  it.each<[string, string | undefined, number]>([
    [`${provider}/Unenroll`, undefined, 200],
    [`${provider}/Unenroll`, 'Rollcall', 200],
    [`${provider}/Unenroll`, 'Other', 404],
    ['./Vendor/MSFT/DMClient/Unenroll', 'Rollcall', 200],
    ['./Vendor/MSFT/DMClient/Unenroll', 'Other', 404],
    ['./Vendor/MSFT/DMClient/Unenroll', undefined, 404],
  ])('Exec %s with %s: %d', async (node, data, code) => {
    const csps = openCsps();
    expect(await csps.exec(node, data)).toBe(code);
    expect(csps.effects).toEqual(code === 200 ? [{ kind: 'unenroll' }] : []);
  });
});

describe.each(['Device', 'User'])('FirstSyncStatus of ./%s', (scope) => {
  const node = `./${scope}/Vendor/MSFT/DMClient/Provider/Rollcall/FirstSyncStatus`;
  const finish = (csps: ReturnType<typeof openCsps>) =>
    csps.replace(`${node}/ServerHasFinishedProvisioning`, 'true', 'bool');

  it('begins unfinished, once the server has added it', async () => {
    const csps = openCsps();
    expect(await csps.add(node)).toBe(200);
    expect(await csps.get(`${node}/ServerHasFinishedProvisioning`)).toBe('false');
    expect(await csps.get(`${node}/IsSyncDone`)).toBe('false');
    expect(await csps.get(`${node}/WasDeviceSuccessfullyProvisioned`)).toBe('2');
  });

  it('is finished once: not taken back, and what is expected is settled then', async () => {
    const csps = openCsps();
    const missing = './Device/Vendor/MSFT/WiFi/Profile/Corp';
    expect(await csps.add(`${node}/ExpectedNetworkProfiles`, missing)).toBe(200);
    expect(await finish(csps)).toBe(200);
    expect(await csps.replace(`${node}/ServerHasFinishedProvisioning`, 'false', 'bool')).toBe(405);
    expect(await csps.replace(`${node}/ExpectedNetworkProfiles`, '')).toBe(405);
    expect(await csps.get(`${node}/IsSyncDone`)).toBe('false');
  });

  it('is done by itself when all is there that was expected', async () => {
    const csps = openCsps();
    const policies = ['A/B', 'A/C'].map((policy) => `./Device/Vendor/MSFT/Policy/Config/${policy}`);
    await csps.add(`${node}/ExpectedPolicies`, policies.join('\uf000'));
    await csps.replace(policies[0] ?? '', '1', 'int');
    await finish(csps);
    expect(await csps.get(`${node}/IsSyncDone`)).toBe('false');
    await csps.replace(policies[1] ?? '', '1', 'int');
    expect(await csps.get(`${node}/IsSyncDone`)).toBe('true');
    expect(await csps.get(`${node}/WasDeviceSuccessfullyProvisioned`)).toBe('1');
    expect(await csps.replace(`${node}/WasDeviceSuccessfullyProvisioned`, '0', 'int')).toBe(405);
    expect(await csps.replace(`${node}/IsSyncDone`, 'true', 'bool')).toBe(405);
  });

  it('can be overruled by the server, once', async () => {
    const csps = openCsps();
    await csps.add(`${node}/ExpectedPolicies`, './Device/Vendor/MSFT/Policy/Config/A/B');
    expect(await csps.replace(`${node}/WasDeviceSuccessfullyProvisioned`, '0', 'int')).toBe(200);
    expect(await csps.replace(`${node}/WasDeviceSuccessfullyProvisioned`, '1', 'int')).toBe(405);
    expect(await csps.replace(`${node}/IsSyncDone`, 'true', 'bool')).toBe(200);
    for (const again of ['true', 'false']) expect(await csps.replace(`${node}/IsSyncDone`, again, 'bool')).toBe(405);
    expect(await csps.get(`${node}/WasDeviceSuccessfullyProvisioned`)).toBe('0');
  });
});

describe('DMAcc', () => {
  const account = `./SyncML/DMAcc/${accountUid('Rollcall')}`;

  it('calls the account as Windows does: the digest of its provider', () => {
    // the account that Fleet's server addresses at every device of its own
    expect(accountUid('Fleet')).toBe('0x0000800cABF8CA7D87C0FA21BB21B896AE2C8468CA07710326415228ACF2392EA1327077');
  });

  it('shows the account that the device is managed by', async () => {
    const { get } = openCsps();
    expect(await get('./SyncML/DMAcc')).toBe(accountUid('Rollcall'));
    expect(await get(`${account}/AppID`)).toBe('w7');
    expect(await get(`${account}/ServerID`)).toBe('Rollcall');
    expect(await get(`${account}/AAuthPref`)).toBe('DIGEST');
    expect(await get(`${account}/AppAddr/Server/Addr`)).toBe('https://mdm.example.test/ManagementServer/MDM.svc');
    expect(await get(`${account}/AppAddr/Server/Port/Server/PortNbr`)).toBe('443');
    expect(await get(`${account}/AppAuth`)).toBe('CLCRED/SRVCRED');
    expect(await get(`${account}/AppAuth/CLCRED/AAuthName`)).toBe('dummy');
    expect(await get(`${account}/AppAuth/SRVCRED/AAuthName`)).toBe('Rollcall');
    expect(await get(`${account}/Ext/Microsoft/MaxBackOffTime`)).toBe('86400000');
    expect(await get(`${account}/Ext/Microsoft/DefaultEncoding`)).toBe('application/vnd.syncml.dm+xml');
  });

  it('takes new credentials of the device, as Fleet’s server writes them', async () => {
    const csps = openCsps();
    expect(await csps.replace(`${account}/AppAuth/CLCRED/AAuthName`, 'new-name')).toBe(200);
    expect(await csps.replace(`${account}/AppAuth/CLCRED/AAuthSecret`, 'new-secret')).toBe(200);
    expect(csps.memory.data.account.appSrv).toEqual({
      type: 'DIGEST',
      name: 'new-name',
      secret: 'new-secret',
      nonce: 'nonce',
    });
    expect(csps.memory.data.account.client?.secret).toBe('server-secret');
    expect(await csps.get(`${account}/AppAuth/CLCRED/AAuthName`)).toBe('new-name');
  });

  it('shows no secret, and keeps none in the tree', async () => {
    const csps = openCsps();
    await csps.replace(`${account}/AppAuth/SRVCRED/AAuthSecret`, 'new-secret');
    expect(await csps.get(`${account}/AppAuth/CLCRED/AAuthSecret`)).toBe(405);
    expect(await csps.get(`${account}/AppAuth/CLCRED/AAuthData`)).toBe(405);
    expect(await csps.get(`${account}/AppAuth/CLCRED`)).toBe('AAuthLevel/AAuthType/AAuthName');
    expect(JSON.stringify(csps.memory.data.tree)).not.toContain('new-secret');
  });

  it('can be neither removed nor joined by another account', async () => {
    const csps = openCsps();
    const before = csps.memory.data.account;
    expect(await csps.remove(account)).toBe(405);
    expect(await csps.remove(`${account}/AppAuth/CLCRED`)).toBe(405);
    expect(await csps.add('./SyncML/DMAcc/Other')).toBe(405);
    expect(await csps.get('./SyncML/DMAcc/Other/ServerID')).toBe(404);
    expect(await csps.replace(`${account}/ServerID`, 'Other')).toBe(500);
    expect(await csps.replace(`${account}/AppAuth/OTHER/AAuthName`, 'x')).toBe(500);
    expect(csps.memory.data.account).toEqual(before);
  });

  it('takes how often and how long it waits, and where it goes', async () => {
    const csps = openCsps();
    expect(await csps.replace(`${account}/Ext/Microsoft/ConnRetryFreq`, '5', 'int')).toBe(200);
    expect(await csps.replace(`${account}/Ext/Microsoft/InitialBackOffTime`, '1000', 'int')).toBe(200);
    expect(await csps.replace(`${account}/AppAddr/Server/Addr`, 'ftp://x/')).toBe(500);
    expect(await csps.replace(`${account}/AppAddr/Server/Addr`, 'https://other.example.test/')).toBe(200);
    const encoding = `${account}/Ext/Microsoft/DefaultEncoding`;
    expect(await csps.replace(encoding, 'application/vnd.syncml.dm+wbxml')).toBe(200);
    expect(csps.memory.data.account).toMatchObject({
      connRetryFreq: 5,
      initialBackOffMs: 1000,
      address: 'https://other.example.test/',
      wbxml: true,
    });
    await csps.replace(encoding, 'application/vnd.syncml.dm+xml');
    expect(csps.memory.data.account).not.toHaveProperty('wbxml');
  });
});
