import { describe, expect, it } from 'vitest';
import { agentError } from '../../../../../agent/errors.js';
import { reportDynamicInfo } from '../../../../../agent/platform/android/apply/dynamic-info.js';
import { nextAppliedMoment } from '../../../../../agent/platform/android/apply/moments.js';
import { openAndroid, startAt } from './apply-stage.js';

const minute = 60_000;

function openWith(settings: { sendData: boolean; intervalMins: number } | 'no plug-in', stage = {}) {
  const sent: unknown[] = [];
  const asked = { count: 0 };
  const device = openAndroid({
    ...stage,
    api: {
      async dynamicInfoSettings() {
        asked.count++;
        if (settings === 'no plug-in') throw agentError('AUTHORITY_REFUSED', 'deviceinfo answered 404');
        return settings;
      },
      async sendDynamicInfo(items) {
        sent.push(...items);
      },
    },
  });
  return { device, sent, asked };
}

describe('dynamic information', () => {
  it('is sent where the server wants it, at its interval and not between', async () => {
    const { device, sent, asked } = openWith({ sendData: true, intervalMins: 15 });
    await device.take({});
    await reportDynamicInfo(device.context());
    await reportDynamicInfo(device.context());
    expect(sent).toHaveLength(1);
    expect(nextAppliedMoment(device.memory.data, startAt)).toEqual({ at: startAt + 15 * minute, does: 'dynamic-info' });
    await device.clock.advance(14 * minute);
    await device.take({}); // a configuration in between is a reason to ask, and none to send
    await reportDynamicInfo(device.context());
    expect(sent).toHaveLength(1);
    await device.clock.advance(minute);
    await reportDynamicInfo(device.context());
    expect(sent).toHaveLength(2);
    expect(asked.count).toBe(3);
    expect(device.troubles('LAUNCHER_DIFFERS')).toHaveLength(1);
  });

  it('is what the server’s beans read, and the same device says the same at the same moment', async () => {
    const { device, sent } = openWith({ sendData: true, intervalMins: 15 });
    await reportDynamicInfo(device.context());
    const other = openWith({ sendData: true, intervalMins: 15 });
    await reportDynamicInfo(other.device.context());
    expect(sent).toEqual(other.sent);
    expect(sent[0]).toMatchObject({
      ts: startAt,
      device: {
        batteryLevel: 80,
        batteryCharging: '',
        wifi: true,
        gps: true,
        ip: expect.stringMatching(/^192\.168\./),
      },
      wifi: { ssid: 'AndroidWifi', rssi: expect.any(Number), tx: expect.any(Number) },
      gps: { provider: 'gps', lat: expect.any(Number) },
      mobile: { simState: 'ready', imsi: device.info().imsi },
    });
  });

  it('goes by the toggles of the configuration', async () => {
    const { device, sent } = openWith({ sendData: true, intervalMins: 15 });
    await device.take({ wifi: false, gps: false, bluetooth: false });
    await reportDynamicInfo(device.context());
    expect(sent[0]).toMatchObject({
      device: { wifi: false, gps: false, bluetooth: false },
      mobile: { state: 'connected' },
    });
    expect(sent[0]).not.toHaveProperty('wifi');
    expect(sent[0]).not.toHaveProperty('gps');
  });

  it('is not sent where it is not wanted; that is asked again after the next configuration', async () => {
    const { device, sent, asked } = openWith({ sendData: false, intervalMins: 15 });
    await reportDynamicInfo(device.context());
    await reportDynamicInfo(device.context());
    expect(asked.count).toBe(1);
    await device.take({});
    await reportDynamicInfo(device.context());
    expect(asked.count).toBe(2);
    expect(sent).toEqual([]);
    expect(nextAppliedMoment(device.memory.data, startAt)).toBeUndefined();
  });

  it('is silent at a server without the plug-in, and loud where that goes away', async () => {
    const { device } = openWith('no plug-in');
    await reportDynamicInfo(device.context());
    expect(device.troubles()).toEqual([]);
    const dynamicInfo = { sendData: true, intervalMins: 15, at: 0, syncs: 0 };
    const other = openWith('no plug-in', { data: { dynamicInfo } }).device;
    await reportDynamicInfo(other.context());
    expect(other.troubles()).toMatchObject([{ code: 'AUTHORITY_REFUSED' }]);
    expect(nextAppliedMoment(other.memory.data, startAt)?.at).toBe(startAt + 15 * minute);
  });

  it('is none of launcher 6.36’s, and no server makes it be sent all the time', async () => {
    const launcher = openWith({ sendData: true, intervalMins: 1 }, { manners: { mode: 'launcher' } });
    await reportDynamicInfo(launcher.device.context());
    expect(launcher.asked.count).toBe(0);
    const { device } = openWith({ sendData: true, intervalMins: -5 });
    await reportDynamicInfo(device.context());
    expect(nextAppliedMoment(device.memory.data, startAt)?.at).toBe(startAt + minute);
  });
});
