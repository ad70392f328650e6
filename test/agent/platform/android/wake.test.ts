import { describe, expect, it } from 'vitest';
import { agentError } from '../../../../agent/errors.js';
import { mannersOf } from '../../../../agent/platform/android/manners.js';
import { pushFor, wakeAskOf } from '../../../../agent/platform/android/wake.js';
import { defaultSecret, requestSignature } from '../../../../protocol/headwind/signature.js';
import type { HeadwindConfiguration } from '../../../../protocol/headwind/types.js';
import { minuteMs, openStage } from './stage.js';

async function asked(configuration: object, native = {}, url = 'http://mdm.test:8080') {
  const stage = openStage({ native });
  stage.invitation = { authority: 'test', url };
  stage.configuration = { ...configuration };
  await stage.enroll();
  return { stage, ask: stage.wake.asked.at(-1) };
}

describe('what wakes an Android device', () => {
  it('is MQTT at the host of its server, with the keepalive that the configuration asks for', async () => {
    for (const [configuration, keepalive] of [
      [{ pushOptions: 'mqttAlarm', keepaliveTime: 60 }, 60],
      [{ pushOptions: 'mqttAlarm', keepaliveTime: 29 }, 300],
      [{ pushOptions: 'mqttAlarm', keepaliveTime: 30 }, 30],
      [{ pushOptions: 'mqttAlarm', keepaliveTime: null }, 300],
      [{ pushOptions: 'mqttWorker', keepaliveTime: 60 }, 900],
    ] as const) {
      const { ask } = await asked(configuration);
      expect(ask).toEqual({
        way: 'mqtt',
        address: 'h0101@mdm.test:31000',
        data: {
          url: 'mqtt://mdm.test:31000',
          clientId: 'h0101',
          username: 'hmdm',
          password: 'D54F553ED2EAC4DCF371B38366EBFA1B5973811A',
          keepalive,
          topic: 'h0101',
          qos: 2,
        },
        keeps: 64,
      });
    }
  });

  it('listens at another port, and by TLS, where it was built so', async () => {
    const { ask } = await asked({}, { MqttPort: 31999, MqttTls: true });
    expect(ask).toMatchObject({ address: 'h0101@mdm.test:31999', data: { url: 'mqtts://mdm.test:31999' } });
  });

  it('is the long poll for every other word, signed as the server checks it or as launcher 6.36 does', async () => {
    for (const pushOptions of ['polling', 'fcm']) {
      const { ask } = await asked({ pushOptions }, {}, 'http://mdm.test:8080/hmdm');
      expect(ask).toEqual({
        way: 'headwind-poll',
        address: 'h0101@http://mdm.test:8080/hmdm',
        data: {
          url: 'http://mdm.test:8080/hmdm/rest/notification/polling/h0101',
          signature: requestSignature(defaultSecret, '/hmdm/rest/notification/polling/h0101'),
        },
        keeps: 64,
      });
    }
    const { ask } = await asked(
      { pushOptions: 'polling' },
      { Signatures: 'launcher-6.36' },
      'http://mdm.test:8080/hmdm',
    );
    expect(ask?.data?.['signature']).toBe(requestSignature(defaultSecret, 'hmdm/rest/notification/polling/h0101'));
  });

  it('is the legacy poll each quarter of an hour for a launcher before it', async () => {
    const { ask } = await asked({ pushOptions: 'polling' }, { Polls: 'legacy' });
    expect(ask).toMatchObject({
      way: 'headwind-legacy-poll',
      data: { url: 'http://mdm.test:8080/rest/notifications/device/h0101', everyMs: 15 * minuteMs },
    });
  });

  it('is nothing where the configuration says nothing, which is told once', async () => {
    const { stage, ask } = await asked({ pushOptions: null });
    expect(ask).toBeUndefined();
    await stage.device.checkIn();
    expect(stage.told('LAUNCHER_DIFFERS').filter((each) => each.includes('pushOptions'))).toHaveLength(1);
  });

  it('follows the configuration; launcher 6.36 would listen to both channels, which is told', async () => {
    const { stage } = await asked({ pushOptions: 'mqttAlarm' });
    stage.configuration = { pushOptions: 'polling' };
    await stage.device.checkIn();
    expect(stage.wake.asked.map(({ way }) => way)).toEqual(['mqtt', 'headwind-poll']);
    expect(stage.wake.withdrawn.map(({ way }) => way)).toEqual(['mqtt']);
    expect(stage.told('LAUNCHER_DIFFERS')).toContainEqual(expect.stringContaining('each push comes twice'));
    stage.configuration = { pushOptions: 'polling', keepaliveTime: 77 };
    await stage.device.checkIn();
    expect(stage.wake.asked).toHaveLength(2); // a poll has no keepalive
  });

  it('keeps its keepalive in the launcher’s mode while it is connected', async () => {
    const { stage } = await asked({ pushOptions: 'mqttAlarm', keepaliveTime: 60 }, { Launcher: 'launcher' });
    stage.configuration = { pushOptions: 'mqttAlarm', keepaliveTime: 90 };
    await stage.device.checkIn();
    expect(stage.wake.asked).toHaveLength(1);
    const { stage: thorough } = await asked({ pushOptions: 'mqttAlarm', keepaliveTime: 60 });
    thorough.configuration = { pushOptions: 'mqttAlarm', keepaliveTime: 90 };
    await thorough.device.checkIn();
    expect(thorough.wake.asked.map(({ data }) => data?.['keepalive'])).toEqual([60, 90]);
  });

  it('may be out of reach: the device is enrolled all the same, and the flow goes on (AN2)', async () => {
    const stage = openStage();
    stage.wake.failure = agentError('PUSH_LOST', 'connection refused');
    expect(await stage.enroll()).toContain('POST /rest/public/sync/info');
    expect(stage.device.state.lifecycle).toBe('enrolled');
    expect(stage.told('PUSH_LOST')).toHaveLength(1);
  });

  it('that was out of reach is asked for again with each configuration until it is there (AN2)', async () => {
    const stage = openStage();
    stage.wake.failure = agentError('PUSH_LOST', 'connection refused');
    await stage.enroll();
    await stage.device.checkIn();
    expect(stage.wake.asked).toHaveLength(2);
    expect(stage.told('PUSH_LOST')).toHaveLength(2);
    stage.wake.failure = undefined;
    await stage.device.checkIn();
    await stage.device.checkIn();
    expect(stage.wake.asked).toHaveLength(3);
    expect(stage.told('PUSH_LOST')).toHaveLength(2);
  });

  it('is asked for before the configuration is applied and sync/info is sent', async () => {
    const stage = openStage();
    const when: number[] = [];
    stage.answer = ({ url }) => {
      if (url.endsWith('/sync/info')) when.push(stage.wake.asked.length);
      return undefined;
    };
    await stage.enroll();
    expect(when).toEqual([1]);
  });

  it('yields each push to the device that runs, which acts on what it says', async () => {
    const { stage } = await asked({});
    await stage.device.checkIn();
    stage.takeLines();
    const life = new AbortController();
    const running = stage.device.run(life.signal);
    const checkedIn = new Promise<void>((resolve) => {
      stage.device.onEvent(({ type }) => type === 'checked-in' && resolve());
    });
    stage.wake.push('{messageType: "configUpdated"}');
    await checkedIn;
    expect(stage.takeLines()).toContain('GET /rest/public/sync/configuration/h0101');
    expect(stage.data()).not.toHaveProperty('inbox');
    life.abort();
    await running;
  });

  it.each(['{messageType: "runApp", payload: {a:}', '', '[]', 'configUpdated'])(
    'tells of a push that the launcher cannot read, and fetches nothing: %j',
    async (text) => {
      const { stage } = await asked({});
      await stage.device.checkIn();
      stage.takeLines();
      const life = new AbortController();
      const running = stage.device.run(life.signal);
      const checkedIn = new Promise<void>((resolve) => {
        stage.device.onEvent(({ type }) => type === 'checked-in' && resolve());
      });
      stage.wake.push(text);
      await checkedIn;
      expect(stage.takeLines().filter((line) => line.includes('configuration'))).toEqual([]);
      expect(stage.troubles().at(-1)).toMatchObject({ code: 'HEADWIND_IGNORED', about: 'push' });
      life.abort();
      await running;
    },
  );

  it('is asked for again, the same, from what was stored', async () => {
    const { stage, ask } = await asked({});
    const again = stage.reopen(stage.saves.at(-1));
    expect(wakeAskOf(stage.data(), mannersOf(again.state.facts))).toEqual(ask);
    await again.close();
  });

  it('has an IPv6 address in brackets', async () => {
    const { stage } = await asked({}, {}, 'http://[::1]:8080');
    expect(stage.wake.asked[0]).toMatchObject({ address: 'h0101@[::1]:31000', data: { url: 'mqtt://[::1]:31000' } });
    const words = { pushOptions: 'mqttAlarm' } as HeadwindConfiguration;
    expect(pushFor(words, stage.data(), mannersOf(stage.device.state.facts))).toMatchObject({ way: 'mqtt' });
  });
});
