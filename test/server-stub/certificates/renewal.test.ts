// M1, M2, M3 and M5 with devices of all platforms against the stub, over real sockets, on one manual clock.
import { describe, expect, it } from 'vitest';
import type { Device } from '../../../agent/index.js';
import { enrolled, managedDevices, renewPushCertificate, ruleTenant } from '../../support/rules.js';
import { dayMs, heldNames, hourMs, openStage, platformsOfRules, type Stage } from '../../support/stage.js';

/**
 * With a certificate by SCEP under either authority: an Android device has no other. Devices are seldom asked to check in: a clock that is
 * followed stops each time.
 */
const tenantFile = (settings: Readonly<Record<string, string | number>> = {}): string => {
  const tenant = JSON.parse(ruleTenant({ authority: 'intune', settings: { checkInEvery: '30d', ...settings } })) as {
    profiles: unknown[];
  };
  tenant.profiles.push({
    authority: 'intune',
    profile: {
      kind: 'certificate',
      name: 'corp-identity',
      role: 'identity',
      source: {
        type: 'scep',
        url: '{{scepUrl}}',
        challenge: '{{scepChallenge}}',
        subject: [[['CN', '{{userName}}']]],
        keySizeBits: 2048,
      },
    },
  });
  return JSON.stringify(tenant);
};

const expiryOf = async (stage: Stage, index = 0): Promise<number> =>
  Date.parse(String((await managedDevices(stage))[index]?.['managementCertificateExpirationDate']));

const code = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => 'done',
    (error: { code?: unknown }) => error.code,
  );

async function open(platform: (typeof platformsOfRules)[number], settings?: Readonly<Record<string, string | number>>) {
  const stage = await openStage(tenantFile(settings), platform);
  const device: Device = await enrolled(stage, 1);
  return { stage, device };
}

describe.each(platformsOfRules)('the certificate of a device (%s)', (platform) => {
  it('is renewed by any check-in in its window, once, and not before', async () => {
    const { stage, device } = await open(platform);
    const start = stage.clock.now();
    const first = await expiryOf(stage);
    expect(Math.abs(first - (start + 365 * dayMs))).toBeLessThan(hourMs);
    await stage.clock.advance(322 * dayMs);
    await device.checkIn();
    expect(await expiryOf(stage)).toBe(first);
    await stage.clock.advance(3 * dayMs);
    await device.checkIn();
    await device.checkIn();
    const second = await expiryOf(stage);
    expect(Math.abs(second - (stage.clock.now() + 365 * dayMs))).toBeLessThan(hourMs);
    await stage.clock.advance(41 * dayMs); // past the end of the first
    await device.checkIn();
    expect(await expiryOf(stage)).toBe(second);
    expect(device.state.lifecycle).toBe('enrolled');
  });

  it('of a silent device ends: it checks in no more, and its record goes so long after it', async () => {
    const { stage, device } = await open(platform);
    const [row] = await managedDevices(stage);
    const path = `/v1.0/deviceManagement/managedDevices/${String(row?.['id'])}`;
    const expiry = await expiryOf(stage);
    await stage.clock.advance(expiry + hourMs - stage.clock.now());
    expect(await code(device.checkIn())).toBe('AUTHORITY_BUSY');
    expect(device.state.lifecycle).toBe('enrolled');
    await stage.clock.advance(179 * dayMs + 22 * hourMs);
    expect((await stage.admin('GET', path)).status).toBe(200);
    await stage.clock.advance(2 * hourMs);
    expect((await stage.admin('GET', path)).status).toBe(404);
    const { body } = await stage.admin('GET', `/v1.0/users/${String(row?.['userId'])}/managedDevices`);
    expect(body.value).toEqual([]);
    if (platform === 'ios') await renewPushCertificate(stage); // it has ended, too
    await device.leave();
    await device.enroll(stage.invitation('alice@contoso.example'));
    await device.checkIn();
    const rows = await managedDevices(stage);
    expect(rows).toHaveLength(1);
    expect(rows[0]?.['id']).not.toBe(row?.['id']);
    expect(rows[0]?.['serialNumber']).toBe(row?.['serialNumber']);
  });
});

describe('a renewal whose answer is lost', () => {
  const drop = (stage: Stage, platform: string, operation: string) =>
    stage.admin('PUT', '/stub/v1/faults', { kind: 'answer.drop', match: { platform, operation }, times: 1 });

  it('leaves the device managed with all that it holds, and is over in its next session (ios)', async () => {
    const { stage, device } = await open('ios');
    const [before] = await managedDevices(stage);
    const holdings = heldNames(device);
    await stage.clock.advance(330 * dayMs);
    expect((await drop(stage, 'ios', 'enroll')).status).toBe(201); // of Authenticate
    expect(await code(device.checkIn())).toBe('TRANSPORT_LOST');
    await device.checkIn();
    const [after] = await managedDevices(stage);
    expect(after).toMatchObject({ id: before?.['id'], enrolledDateTime: before?.['enrolledDateTime'] });
    expect(await expiryOf(stage)).toBeGreaterThan(stage.clock.now() + 364 * dayMs);
    expect(heldNames(device)).toEqual(holdings);
    expect((await device.checkIn()).commands).toBe(0); // it is not asked for once more
    await stage.clock.advance(60 * dayMs);
    await device.checkIn();
  });

  it('leaves the old certificate in use, and is tried again by the device’s own schedule (windows)', async () => {
    const { stage, device } = await open('windows');
    const first = await expiryOf(stage);
    await stage.clock.advance(330 * dayMs);
    await drop(stage, 'windows', 'renew');
    await device.checkIn();
    expect(await expiryOf(stage)).toBe(first);
    await stage.clock.advance(8 * dayMs);
    await device.checkIn();
    expect(await expiryOf(stage)).toBeGreaterThan(stage.clock.now() + 364 * dayMs);
    await device.checkIn();
  });
});

it('of two days is renewed in time, again and again, and not in each session (windows, whose periods are whole days)', async () => {
  const { stage, device } = await open('windows', { mdmCertificate: '2d' });
  const ends = new Set<number>();
  for (let hours = 0; hours < 4 * 24; hours += 8) {
    await device.checkIn();
    ends.add(await expiryOf(stage));
    await stage.clock.advance(8 * hourMs);
  }
  await device.checkIn();
  expect(device.state.lifecycle).toBe('enrolled');
  expect([ends.size > 2, ends.size < 7]).toEqual([true, true]); // 12 sessions
});

it('a device that stopped in the midst of a renewal goes on with it, and no other is asked for (ios)', async () => {
  const { stage, device } = await open('ios');
  await stage.clock.advance(330 * dayMs);
  await stage.admin('PUT', '/stub/v1/faults', {
    kind: 'http.status',
    status: 503,
    match: { platform: 'ios', operation: 'enroll' },
    times: 1,
  });
  await device.checkIn(); // Authenticate is refused: nothing has changed, and the command has failed
  const first = await expiryOf(stage);
  expect(first).toBeLessThan(stage.clock.now() + 40 * dayMs);
  await device.checkIn();
  expect(await expiryOf(stage)).toBeGreaterThan(first);
});

describe('a window of another length than usual', () => {
  it.each(platformsOfRules)('is kept on %s', async (platform) => {
    const { stage, device } = await open(platform, { mdmCertificate: '100d', renewBefore: '30d' });
    const first = await expiryOf(stage);
    await stage.clock.advance(69 * dayMs);
    await device.checkIn();
    expect(await expiryOf(stage)).toBe(first);
    await stage.clock.advance(2 * dayMs);
    await device.checkIn();
    await device.checkIn();
    expect(await expiryOf(stage)).toBeGreaterThan(first + 70 * dayMs);
  });
});
