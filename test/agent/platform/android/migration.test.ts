import { describe, expect, it } from 'vitest';
import { describeEvent } from '../../../../agent/describe-event.js';
import { agentError } from '../../../../agent/errors.js';
import { mannersOf } from '../../../../agent/platform/android/manners.js';
import { wakeAskOf } from '../../../../agent/platform/android/wake.js';
import type { ScriptedAnswer } from '../../../support/scripted-http.js';
import { minuteMs, openStage, page, refusal, signed } from './stage.js';

const one = 'http://one.test';
const two = 'http://two.test:8080/hmdm';

/** Servers by their address; what each gives as newServerUrl. */
async function between(servers: Readonly<Record<string, string | undefined>>, native = {}, more: object = {}) {
  const stage = openStage({ native });
  stage.invitation = { authority: 'test', url: one };
  await stage.enroll();
  await stage.device.checkIn();
  stage.takeLines();
  stage.events.length = 0;
  const others: { answer?: (url: string) => ScriptedAnswer } = {};
  stage.answer = ({ url }) => {
    const other = others.answer?.(url);
    if (other !== undefined) return other;
    if (!url.includes('/sync/configuration/')) return undefined;
    const [, newServerUrl] = Object.entries(servers).find(([server]) => url.startsWith(`${server}/rest/`)) ?? [];
    return signed({ pushOptions: 'mqttAlarm', ...more, ...(newServerUrl === undefined ? {} : { newServerUrl }) });
  };
  const gets = (): string[] =>
    stage.http.requests
      .filter(({ url }) => url.includes('/sync/configuration/'))
      .map(({ url }) => url.split('/rest/')[0] ?? '');
  const infos = (): string[] =>
    stage.http.requests.filter(({ url }) => url.endsWith('/sync/info')).map(({ url }) => url.split('/rest/')[0] ?? '');
  return Object.assign(stage, { others, gets, infos });
}

describe('a configuration that sends the device to another server', () => {
  it('is followed after a trial there that went well: all is fetched again, and nothing leads back', async () => {
    const stage = await between({ [one]: ` ${two}/ `, [two]: undefined });
    await stage.device.checkIn();
    expect(stage.gets()).toEqual([one, two, two]);
    expect(stage.infos()).toEqual([two]);
    expect(stage.commands()).toEqual(['newServerUrl done']);
    expect(stage.data()).toMatchObject({
      baseUrl: 'http://two.test:8080',
      secondaryBaseUrl: 'http://two.test:8080',
      project: 'hmdm',
    });
    expect(stage.device.state.link?.origin).toBe('http://two.test:8080');
    stage.http.requests.length = 0;
    await stage.device.checkIn();
    expect(stage.gets()).toEqual([two]);
  });

  it('ends the enrollment where the new server has lost the device, which is told of that one', async () => {
    const stage = await between({ [one]: two, [two]: undefined });
    await stage.device.checkIn();
    stage.others.answer = () => refusal('error.notfound.device');
    await expect(stage.device.checkIn()).rejects.toMatchObject({ code: 'CHECKIN_REFUSED' });
    expect(stage.events.at(-1)).toMatchObject({ type: 'disowned', authority: 'test', origin: 'http://two.test:8080' });
    expect(stage.events.slice(-1).map(describeEvent)).toEqual([
      expect.stringContaining('disowned (http://two.test:8080)'),
    ]);
  });

  it('is on disk before anything is asked of the new server', async () => {
    const stage = await between({ [one]: two, [two]: undefined });
    await stage.device.checkIn();
    const moved = stage.saves.findIndex(({ link }) => link?.origin === 'http://two.test:8080');
    expect(moved).toBeGreaterThan(-1);
    expect(stage.saves[moved]?.link?.data).toMatchObject({ moves: [{ from: `${one}/`, to: two }] });
  });

  it.each<[string, ScriptedAnswer | 'lost', string]>([
    ['answers 404', page(404), 'Bad server response: 404'],
    ['answers an ERROR', refusal('error.notfound.device'), 'Bad server status: ERROR'],
    ['answers what is no JSON', '<html></html>', 'Network error'],
    ['gives no data', Buffer.from('{"status":"OK","message":null,"data":null}'), 'Failed to parse server response'],
    ['does not answer', 'lost', 'Network error'],
  ])('is not followed where the new server %s', async (_name, answer, cause) => {
    const stage = await between({ [one]: two });
    stage.others.answer = (url) => {
      if (!url.startsWith(two)) return undefined;
      if (answer === 'lost') throw agentError('TRANSPORT_LOST', 'no answer in 10000 ms');
      return answer;
    };
    await stage.device.checkIn();
    expect(stage.gets()).toEqual([one, two]);
    expect(stage.infos()).toEqual([one]);
    expect(stage.data()).toMatchObject({ baseUrl: one, project: '' });
    expect(stage.told('HEADWIND_FAILED')).toEqual([expect.stringContaining(`Failed to migrate to ${two}: ${cause}`)]);
    expect(stage.data()).not.toHaveProperty('moves');
  });

  it('says of a status no more than the launcher does, and what to do about it', async () => {
    const stage = await between({ [one]: two });
    stage.others.answer = (url) => (url.startsWith(two) ? page(403) : undefined);
    await stage.device.checkIn();
    expect(stage.told('HEADWIND_FAILED')).toEqual([`Failed to migrate to ${two}: Bad server response: 403`]);
    expect(stage.events).toContainEqual(
      expect.objectContaining({
        about: 'newServerUrl',
        hint: expect.stringMatching(/^The server refuses this device’s/),
      }),
    );
  });

  it('is not followed to no address, nor to the server that the device is at', async () => {
    const malformed = await between({ [one]: 'two.test' });
    await malformed.device.checkIn();
    expect(malformed.gets()).toEqual([one]);
    expect(malformed.told('HEADWIND_FAILED')).toEqual(['Failed to migrate to two.test: malformed URL']);
    const same = await between({ [one]: 'HTTP://ONE.test/' });
    await same.device.checkIn();
    expect(same.gets()).toEqual([one]);
    expect(same.troubles()).toEqual([]);
  });

  it('moves a device once to the same server under another spelling of its port', async () => {
    const stage = await between({ [one]: 'http://one.test:80', 'http://one.test:80': 'http://one.test:80' });
    await stage.device.checkIn();
    expect(stage.gets()).toEqual([one, 'http://one.test:80', 'http://one.test:80']);
    stage.http.requests.length = 0;
    await stage.device.checkIn();
    expect(stage.gets()).toEqual(['http://one.test:80']);
  });

  it('does not judge the signature of the trial, only of what follows', async () => {
    const stage = await between({ [one]: two });
    stage.others.answer = (url) =>
      url.startsWith(two) ? Buffer.from('{"status":"OK","message":null,"data":{}}') : undefined;
    await expect(stage.device.checkIn()).rejects.toMatchObject({
      code: 'AUTHORITY_BUSY',
      message: expect.stringContaining('Missing'),
    });
    expect(stage.gets().slice(0, 3)).toEqual([one, two, two]);
    expect(stage.data().project).toBe('hmdm'); // there is no way back
  });

  it('is not followed in a circle, which is told', async () => {
    const stage = await between({ [one]: two, [two]: one });
    await stage.device.checkIn();
    expect(stage.gets()).toEqual([one, two]);
    expect(stage.told('HEADWIND_SERVER')).toEqual([expect.stringContaining('in a circle')]);
    expect(stage.data().baseUrl).toBe(one);
  });

  it('is not followed in a wider circle for ever either', async () => {
    const three = 'http://three.test';
    const stage = await between({ [one]: two, [two]: three, [three]: one });
    await stage.device.checkIn();
    expect(stage.gets()).toEqual([one, two, two, three, three, one]);
    expect(stage.told('HEADWIND_SERVER')).toEqual([expect.stringContaining('in a circle')]);
    stage.http.requests.length = 0;
    await stage.device.checkIn();
    expect(stage.gets()).toEqual([three, one]);
  });

  it('is followed round by launcher 6.36, which has no guard; a device of ours ends after ten', async () => {
    const stage = await between({ [one]: two, [two]: one }, { Launcher: 'launcher' });
    await stage.device.checkIn();
    expect(stage.gets()).toHaveLength(22);
    expect(stage.told('HEADWIND_SERVER')).toHaveLength(1);
  });

  it('may lead back, once the first server does not send it away any more', async () => {
    const servers: Record<string, string | undefined> = { [one]: two, [two]: undefined };
    const stage = await between(servers);
    await stage.device.checkIn();
    Object.assign(servers, { [one]: undefined, [two]: one });
    await stage.device.checkIn();
    expect(stage.data().baseUrl).toBe(one);
  });

  it('is followed by its own copy where the old server has gone, after the retries', async () => {
    const stage = await between({ [one]: two });
    stage.others.answer = (url) => (url.startsWith(two) ? page(503) : undefined);
    await stage.device.checkIn();
    expect(stage.data().baseUrl).toBe(one);
    stage.others.answer = (url) => (url.startsWith(one) ? page(502) : undefined);
    await expect(stage.device.checkIn()).rejects.toMatchObject({ code: 'AUTHORITY_BUSY' });
    await stage.device.checkIn();
    expect(stage.data().baseUrl).toBe('http://two.test:8080');
  });
});

describe('pushes after a migration', () => {
  it('do not take those with them that had come to the old server’s channel meanwhile', async () => {
    const stage = await between({ [one]: two, [two]: undefined });
    const text = '{"messageType": "broadcast", "payload": {"action": "late"}}';
    stage.others.answer = (url) => {
      if (url.startsWith(two) && stage.wake.kept.length === 0 && stage.data().inbox === undefined)
        stage.wake.kept.push(text);
      return undefined;
    };
    await stage.device.checkIn();
    expect(stage.data()).toMatchObject({ inbox: [text] });
    delete stage.others.answer;
    await stage.device.checkIn();
    expect(stage.commands()).toContain('broadcast done');
  });

  it('come from the new server; launcher 6.36 would go on listening to the old one, which is told', async () => {
    const stage = await between({ [one]: two, [two]: undefined });
    await stage.device.checkIn();
    expect(stage.wake.asked.map(({ address }) => address)).toEqual(['h0101@one.test:31000', 'h0101@two.test:31000']);
    expect(stage.wake.withdrawn.map(({ address }) => address)).toEqual(['h0101@one.test:31000']);
    expect(stage.told('LAUNCHER_DIFFERS')).toContainEqual(
      expect.stringContaining('goes on listening to http://one.test'),
    );
  });

  it('come from the old server in the launcher’s mode, by MQTT until it is renumbered', async () => {
    const stage = await between({ [one]: two, [two]: undefined }, { Launcher: 'launcher' });
    await stage.device.checkIn();
    expect(stage.wake.asked.map(({ address }) => address)).toEqual(['h0101@one.test:31000']);
    stage.others.answer = (url) =>
      url.includes('/sync/configuration/h0101') ? signed({ pushOptions: 'mqttAlarm', newNumber: 'h0102' }) : undefined;
    await stage.device.checkIn();
    expect(stage.wake.asked.map(({ address }) => address)).toEqual(['h0101@one.test:31000', 'h0102@two.test:31000']);
  });

  it('are polled for in the launcher’s mode at the old server, with the new project and the old signature', async () => {
    const stage = await between({ [one]: two, [two]: undefined }, { Launcher: 'launcher' }, { pushOptions: 'polling' });
    const ask = () => wakeAskOf(stage.data(), mannersOf(stage.device.state.facts));
    stage.others.answer = (url) =>
      url.includes('/sync/configuration/') && url.startsWith(one) ? signed({ pushOptions: 'polling' }) : undefined;
    await stage.device.checkIn();
    const old = ask();
    expect(old).toMatchObject({ way: 'headwind-poll', data: { url: `${one}/rest/notification/polling/h0101` } });
    delete stage.others.answer;
    await stage.device.checkIn();
    expect(ask()).toMatchObject({
      way: 'headwind-poll',
      data: { url: `${one}/hmdm/rest/notification/polling/h0101`, signature: old?.data?.['signature'] },
    });
  });
});

describe('a device that is renumbered', () => {
  const renaming = async (native = {}) => {
    const stage = openStage({ native });
    await stage.enroll();
    stage.events.length = 0;
    let number = 'h0101';
    stage.answer = ({ url, bytes }) => {
      if (url.endsWith('/sync/info')) number = JSON.parse(bytes.toString()).deviceId;
      if (!url.includes('/sync/configuration/')) return undefined;
      return signed({ pushOptions: 'mqttAlarm', ...(url.endsWith('/h0101') ? { newNumber: 'h0102' } : {}) });
    };
    return Object.assign(stage, { heard: () => number });
  };

  it('is the new one at once, and listens on the old topic until the server has heard of it', async () => {
    const stage = await renaming();
    const asked: (string | undefined)[] = [];
    const usual = stage.answer;
    stage.answer = (request) => {
      if (request.url.endsWith('/sync/info')) asked.push(stage.wake.asked.at(-1)?.address);
      return usual(request);
    };
    await stage.device.checkIn();
    expect(stage.heard()).toBe('h0102');
    expect(asked).toEqual(['h0101@mdm.test:31000']);
    expect(stage.wake.asked.map(({ address }) => address)).toEqual(['h0101@mdm.test:31000', 'h0102@mdm.test:31000']);
    expect(stage.data()).toMatchObject({ number: 'h0102' });
    expect(stage.data()).not.toHaveProperty('oldNumber');
    expect(stage.commands()).toEqual(['newNumber done']);
    stage.takeLines();
    await stage.device.checkIn();
    expect(stage.takeLines()[0]).toBe('GET /rest/public/sync/configuration/h0102');
  });

  it('listens to the new topic alone in the launcher’s mode', async () => {
    const stage = await renaming({ Launcher: 'launcher', Ground: 'background' });
    stage.wake.kept.push('{messageType: "configUpdated"}');
    await stage.device.checkIn(undefined, 'woken');
    expect(stage.heard()).toBe('h0101'); // it says nothing in the background
    expect(stage.wake.asked.map(({ address }) => address)).toEqual(['h0101@mdm.test:31000', 'h0102@mdm.test:31000']);
    expect(stage.data().oldNumber).toBe('h0101');
    await stage.clock.advance(15 * minuteMs);
    await stage.device.actIfDue();
    expect(stage.heard()).toBe('h0102');
    expect(stage.data()).not.toHaveProperty('oldNumber');
  });

  it('does not take a number that would break addresses and topics', async () => {
    for (const newNumber of ['a/b', '#', '..', 'x'.repeat(101), 'a\u0000b', '']) {
      const stage = openStage();
      await stage.enroll();
      stage.configuration = { newNumber };
      await stage.device.checkIn();
      expect(stage.data().number).toBe('h0101');
      expect(stage.told('HEADWIND_SERVER'), newNumber).toHaveLength(1);
    }
  });
});
