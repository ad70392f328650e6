import { describe, expect, it, onTestFinished } from 'vitest';
import { createDeviceOf } from '../../agent/device.js';
import { eventually } from '../support/eventually.js';
import { FakeAuthority, fakePlatform, fakePorts } from '../support/fake-platform.js';

async function enrolled(checksInAtSignIn: boolean) {
  const authority = new FakeAuthority();
  authority.schedule = { checksInAtSignIn };
  const device = createDeviceOf(fakePlatform(authority), { platform: 'ios', ports: fakePorts() });
  onTestFinished(() => device.close());
  await device.enroll({ authority: 'intune', url: 'https://a.test' });
  return { authority, device };
}

describe('signing in at a device', () => {
  it('makes it check in where its authority wants that', async () => {
    const { authority, device } = await enrolled(true);
    await device.signIn('none');
    expect(device.state.condition.signedIn).toBe('none');
    expect(authority.reasons).toEqual([]);
    await device.signIn('others');
    await device.signIn('user');
    expect(device.state.condition.signedIn).toBe('user');
    expect(authority.reasons).toEqual(['login', 'login']);
  });

  it('is no more than that elsewhere, without a network, and on a device of nobody’s', async () => {
    const { authority, device } = await enrolled(false);
    await device.signIn('user');
    const other = await enrolled(true);
    await other.device.setOnline(false);
    await other.device.signIn('user');
    expect(other.device.state.condition.signedIn).toBe('user');
    await other.device.setOnline(true);
    await other.device.leave();
    await other.device.signIn('others');
    expect([authority.reasons, other.authority.reasons]).toEqual([[], []]);
  });

  it('is answered by the running device', async () => {
    const { authority, device } = await enrolled(true);
    const controller = new AbortController();
    const lived = device.run(controller.signal);
    await device.signIn('user');
    await eventually(() => authority.reasons.length > 0);
    expect(authority.reasons).toEqual(['login']);
    controller.abort();
    await lived;
  });
});
