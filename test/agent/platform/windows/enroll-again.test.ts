// A device that is enrolled already (cases D7), through its own door.
import { expect, it } from 'vitest';
import { createDevice } from '../../../../agent/index.js';
import { addresses, EnrollmentServer, stage } from './enroll-stage.js';
import { someFacts } from './some-device.js';

it('refuses a second authority with 0x8018000A, as often as it is asked, without a word on the wire', async () => {
  const { ports, http } = stage(new EnrollmentServer());
  const device = createDevice({ platform: 'windows', ports, facts: someFacts });
  await device.enroll({ authority: 'first', url: addresses.discovery, user: 'user1@contoso.example' });
  const { link } = device.state;
  const before = http.requests.length;
  for (let attempt = 0; attempt < 1000; attempt++) {
    const second = device.enroll({ authority: 'second', url: 'https://other.test/EnrollmentServer/Discovery.svc' });
    const error: unknown = await second.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'ALREADY_ENROLLED',
      message: expect.stringContaining('0x8018000A MENROLL_E_DEVICE_ALREADY_ENROLLED'),
      details: { hresult: '0x8018000A' },
    });
  }
  expect(http.requests).toHaveLength(before);
  expect(http.openSessions()).toBe(0);
  expect(device.state.link).toBe(link);
  expect(link).toMatchObject({ authority: 'first', platform: 'windows' });
  await device.close();
});

it('can be enrolled again once an enrollment failed', async () => {
  const server = new EnrollmentServer();
  const { ports } = stage(server);
  const device = createDevice({ platform: 'windows', ports, facts: someFacts });
  const invitation = { authority: 'first', url: addresses.discovery, user: 'user1@contoso.example' };
  server.override = () => ({ status: 403 });
  await expect(device.enroll(invitation)).rejects.toMatchObject({ details: { hresult: '0x80190193' } });
  expect(device.state).toMatchObject({ lifecycle: 'unenrolled', holdings: [] });
  expect(device.state.link).toBeUndefined();
  server.override = undefined;
  await device.enroll(invitation);
  expect(device.state.lifecycle).toBe('enrolled');
  await device.close();
});
