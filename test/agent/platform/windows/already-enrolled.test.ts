import { describe, expect, it } from 'vitest';
import { createDeviceOf } from '../../../../agent/device.js';
import { windows } from '../../../../agent/platform/windows/driver.js';
import { fakeHttp, fakePorts } from '../../../support/fake-platform.js';
import { someMemory, someState } from './some-device.js';

describe('a Windows device that is managed already (case D7)', () => {
  it('refuses another authority with 0x8018000A, without a word on the wire, and the first goes on', async () => {
    const { http, requests } = fakeHttp(() => ({ status: 200 }));
    const state = { ...someState(), link: someMemory().saved };
    const device = createDeviceOf(windows, { platform: 'windows', ports: fakePorts(http), state });
    for (let n = 0; n < 1000; n++)
      await expect(device.enroll({ authority: 'b', url: 'https://other.test' })).rejects.toMatchObject({
        code: 'ALREADY_ENROLLED',
        message: 'managed by test already: 0x8018000A MENROLL_E_DEVICE_ALREADY_ENROLLED',
        details: { hresult: '0x8018000A', hresultName: 'MENROLL_E_DEVICE_ALREADY_ENROLLED' },
      });
    expect(requests).toEqual([]);
    expect(device.state).toBe(state);
    await device.close();
  });
});
