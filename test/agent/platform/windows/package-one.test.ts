import { describe, expect, it } from 'vitest';
import { md5Credential } from '../../../../protocol/syncml/auth.js';
import { describeWithFixtures, fixture } from '../../../support/shared.js';
import { challenge, headerStatus, openStage, outline, serverSays } from './session-stage.js';
import { someFacts } from './some-device.js';

const native = { ...someFacts.native, Locale: 'en-US' };

/** The values of the captures of Windows 11 26200, which are made unrecognisable. */
const captured = {
  data: {
    deviceId: '0123456789ABCDEF0123456789ABCDEF',
    account: {
      providerId: 'go-microsoft-dm-local-test',
      name: 'test',
      address: 'https://mdm.example.test/ManagementServer/MDM.svc',
      appSrv: { type: 'DIGEST', name: 'fixture-client', secret: 'secret', nonce: 'nonce' },
      connRetryFreq: 3,
      initialBackOffMs: 16_000,
      maxBackOffMs: 86_400_000,
    },
  },
  facts: { native, manufacturer: 'Example Manufacturer', model: 'Conformance Device', osVersion: '10.0.26200.9278' },
} as const;
const target = captured.data.deviceId;

describeWithFixtures('package 1 as Windows was seen to send it', () => {
  const text = (name: string): string => fixture(`windows/${name}`).toString('utf8').trim();

  it('equals the capture of Windows 11 26200, byte for byte', async () => {
    const stage = openStage(captured);
    await stage.checkIn();
    expect(stage.sent(0)).toBe(text('win11-26200-package1-user.xml'));
  });

  it('equals the capture of Windows 10 19043, byte for byte', async () => {
    const deviceId = '1E08C6E95D8BB843B1278FF45BC60CC6';
    const account = { ...captured.data.account, address: 'https://mdmwindows.com/ManagementServer/MDM.svc' };
    const stage = openStage({
      data: { deviceId, account },
      facts: {
        native,
        manufacturer: 'VMware, Inc.',
        model: 'VMware7,1',
        osVersion: '10.0.19043.1',
        osBuild: '19043.1',
      },
    });
    await stage.checkIn();
    expect(stage.sent(0)).toBe(text('win10-19043-package1.xml'));
  });

  it('equals the capture after a challenge, but for the digest, whose secret nobody has', async () => {
    const stage = openStage(captured);
    stage.script.push(serverSays(headerStatus(407, 1, challenge('syncml:auth-md5', 'AAECAw==')), { target }));
    await stage.checkIn();
    const digest = md5Credential('fixture-client', 'secret', Buffer.from([0, 1, 2, 3]));
    expect(stage.sent(1)).toBe(text('win11-26200-package1-digest.xml').replace('AAAAAAAAAAAAAAAAAAAAAA==', digest));
  });

  it('equals the capture of a user who removes management', async () => {
    const stage = openStage({ ...captured, data: { ...captured.data, sessions: { next: 9, vector: 'x', count: 8 } } });
    await stage.link.leave(stage.request.signal);
    expect(stage.sent(0)).toBe(text('win11-26200-unenroll-1226.xml'));
    expect(stage.http.requests[0]?.headers?.['MDM-GenericAlert']).toBe('<com.microsoft:mdm.unenrollment.userrequest>');
  });
});

describe('package 1', () => {
  it('says who has signed in, and in which mode', async () => {
    for (const [signedIn, mode] of [
      ['user', 'Maintenance'],
      ['others', 'Maintenance'],
      ['none', 'Machine'],
    ] as const) {
      const stage = openStage({ condition: { signedIn } });
      await stage.checkIn();
      expect(stage.sent(0)).toContain(
        `<Data>1224</Data><Item><Meta><Type xmlns="syncml:metinf">com.microsoft/MDM/LoginStatus</Type></Meta><Data>${signedIn}</Data></Item>`,
      );
      expect(stage.http.requests[0]?.url).toBe(
        `https://mdm.example.test/ManagementServer/MDM.svc?mode=${mode}&Platform=WoA`,
      );
    }
  });

  it('says 1200 when it was woken, and 1201 for every other reason', async () => {
    for (const [reason, alert] of [
      ['woken', '1200'],
      ['by-hand', '1201'],
      ['scheduled', '1201'],
      ['login', '1201'],
      ['enrolled', '1201'],
    ] as const) {
      const stage = openStage();
      await stage.checkIn({ reason });
      expect(stage.messages.map(outline)[0]).toEqual([`Alert ${alert}`, 'Alert 1224', 'Replace']);
    }
  });

  it('marks no unenrollment before Windows 11, and names no alert in the head', async () => {
    const stage = openStage({ facts: { osVersion: '10.0.19043.1288', osBuild: '19043.1288' } });
    await stage.link.leave(stage.request.signal);
    expect(stage.sent(0)).toContain(
      '<Type xmlns="syncml:metinf">com.microsoft:mdm.unenrollment.userrequest</Type><Format xmlns="syncml:metinf">int</Format></Meta><Data>1</Data>',
    );
    expect(stage.http.requests[0]?.headers).not.toHaveProperty('MDM-GenericAlert');
  });

  it('counts SessionIDs from one session to the next, in decimal, and begins anew after two bytes', async () => {
    const stage = openStage({ data: { sessions: { next: 65534, vector: 'x', count: 0 } } });
    for (let n = 0; n < 4; n++) await stage.checkIn();
    expect(stage.messages.map(({ header }) => header.sessionId)).toEqual(['65534', '65535', '1', '2']);
  });

  it('says SessionIDs in hexadecimal from SyncApplicationVersion 2.0 on', async () => {
    const uri = './Device/Vendor/MSFT/DMClient/Provider/Rollcall/SyncApplicationVersion';
    const tree = { [uri.toLowerCase()]: { uri, format: 'chr' as const, value: '2.0' } };
    const stage = openStage({ data: { sessions: { next: 255, vector: 'x', count: 0 }, tree } });
    await stage.checkIn();
    expect(stage.messages[0]?.header.sessionId).toBe('FF');
  });
});
