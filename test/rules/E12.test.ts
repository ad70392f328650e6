import { expect, it } from 'vitest';
import { managedDevices, ruleTenant } from '../support/rules.js';
import { dayMs, openStage } from '../support/stage.js';
import { nowIs, refusedPc } from '../support/windows-admission.js';

it('E12 windows: a bulk token enrolls PCs without a user until it expires; then they are refused, and a new one lets them in', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }), 'windows');
  const expires = new Date(stage.clock.now() + 2 * dayMs).toISOString();
  await nowIs(stage, { authority: 'intune', bulkTokens: [{ name: 'warehouse', expires, token: '0F1E2D3C4B5A' }] });
  const { user: _user, secret: _secret, ...place } = stage.invitation('');
  const [first, second] = [await stage.device(1), await stage.device(2)];
  await first.enroll({ ...place, token: '0F1E2D3C4B5A' });
  await first.checkIn();
  await stage.clock.advance(2 * dayMs);
  const expected = { code: 'E12', hresult: '0x80180002', category: 'authentication' };
  const record = await refusedPc(stage, second, { ...place, token: '0F1E2D3C4B5A' }, expected);
  expect(record).toMatchObject({ operatingSystem: 'Windows' });
  await first.checkIn(); // who is enrolled stays enrolled
  expect(first.state.lifecycle).toBe('enrolled');
  await second.enroll(await stage.userlessInvitation());
  await second.checkIn();
  expect((await managedDevices(stage)).map(({ userId }) => userId)).toEqual(['', '']);
});
