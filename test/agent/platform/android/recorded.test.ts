// The outside judge of the device: a server that nobody here wrote carries its flows through.
import { expect, it } from 'vitest';
import type { ScriptedAnswer, SeenRequest } from '../../../support/scripted-http.js';
import { describeWithFixtures, fixture } from '../../../support/shared.js';
import { recordedServer } from './recorded.js';
import { openStage } from './stage.js';

const root = 'http://127.0.0.1:17080';
const qr = `${root}/rest/public/qr/json/b2e30d6f0a99141c8fe6e61b52c419b0?deviceId=h0101&create=1&group=1`;
const common = ['rest/log-01-rules', 'rest/log-02-upload', 'rest/info-01-post', 'rest/dinfo-01-settings'];

/** Texts that the real broker published in a recorded session. */
const published = (name: string): string[] =>
  fixture(`android/mqtt/${name}.jsonl`)
    .toString('utf8')
    .split('\n')
    .filter((text) => text !== '')
    .map((text): Record<string, unknown> => JSON.parse(text))
    .filter(({ dir, cmd }) => dir === 'S>C' && cmd === 'publish')
    .map(({ payload }) => String(payload));

function at(server: ReturnType<typeof recordedServer>, url: string, facts: Parameters<typeof openStage>[0] = {}) {
  const stage = openStage({ ...facts, script: server.answer });
  stage.invitation = { authority: 'recorded', url };
  return stage;
}

/** A reply to GET was recorded where the device enrolls by POST: the server's is the same. */
const enrollingBy =
  ({ answer }: ReturnType<typeof recordedServer>) =>
  (request: SeenRequest): ScriptedAnswer =>
    answer(request.url.includes('/sync/configuration/') ? { ...request, method: 'GET' } : request);

describeWithFixtures('the recorded Headwind server', () => {
  it('carries an enrollment by QR JSON, a sync and a push through', async () => {
    const files = ['rest/file-01-signed', 'rest/file-03-template'];
    const server = recordedServer(
      'rest/qr-01-json-create',
      'rest/enroll-01-create',
      'rest/sync-01-get',
      ...files,
      ...common,
    );
    const stage = at(server, qr);
    await stage.device.enroll(stage.invitation);
    expect(server.played.slice(0, 3)).toEqual(['rest/qr-01-json-create', 'rest/enroll-01-create', 'rest/log-01-rules']);
    expect(server.played).toContain('rest/info-01-post');
    expect(stage.wake.asked).toMatchObject([
      {
        way: 'mqtt',
        address: 'h0101@127.0.0.1:31000',
        data: {
          clientId: 'h0101',
          topic: 'h0101',
          username: 'hmdm',
          password: 'D54F553ED2EAC4DCF371B38366EBFA1B5973811A',
          keepalive: 60,
          qos: 2,
        },
      },
    ]);
    server.played.length = 0;
    await stage.device.checkIn();
    expect(server.played.slice(0, 2)).toEqual(['rest/sync-01-get', 'rest/log-01-rules']);
    server.played.length = 0;
    stage.wake.kept.push(...published('mqtt-01-session'));
    await stage.device.checkIn(undefined, 'woken');
    expect(server.played[0]).toBe('rest/sync-01-get');
    expect(server.unsigned).toEqual([]);
    expect(stage.troubles().filter(({ about }) => about === 'X-Response-Signature')).toEqual([]);
    expect(server.unknown.filter((each) => !/messaging|files\/my%20notes/.test(each))).toEqual([]);
  });

  it('carries a migration through: the trial fails while the other server does not know the device', async () => {
    const server = recordedServer(
      'rest/move-01-newServerUrl',
      'ctx-hmdm/move-02-trial-unknown',
      'ctx-hmdm/move-03-trial-ok',
    );
    const moving = openStage({ facts: { id: 'mv001' }, script: enrollingBy(server) });
    await moving.device.enroll({ authority: 'recorded', url: root });
    expect(server.played).toEqual(['rest/move-01-newServerUrl', 'ctx-hmdm/move-02-trial-unknown']);
    expect(moving.told('HEADWIND_FAILED')).toContainEqual(
      expect.stringContaining('Failed to migrate to http://127.0.0.1:17081/hmdm: Bad server status: ERROR'),
    );
    expect(moving.wake.asked).toMatchObject([
      { way: 'headwind-poll', data: { url: `${root}/rest/notification/polling/mv001` } },
    ]);
    server.played.length = 0;
    await moving.device.checkIn().catch(() => {}); // what follows the trial was recorded nowhere but for the configuration
    expect(server.played.slice(0, 3)).toEqual([
      'rest/move-01-newServerUrl',
      'ctx-hmdm/move-03-trial-ok',
      'ctx-hmdm/move-03-trial-ok',
    ]);
    expect(server.unsigned).toEqual([]);
    expect(moving.data()).toMatchObject({ baseUrl: 'http://127.0.0.1:17081', project: 'hmdm' });
    expect(moving.told('HEADWIND_SERVER')).toEqual([]);
  });

  it('renumbers a device', async () => {
    const server = recordedServer('rest/rename-03-sync-old-number', 'rest/rename-07-sync-new-number', ...common);
    const renamed = openStage({ facts: { id: 'r0001' }, script: enrollingBy(server) });
    await renamed.device.enroll({ authority: 'recorded', url: root });
    expect(renamed.data().number).toBe('r0002');
    server.played.length = 0;
    await renamed.device.checkIn();
    expect(server.played[0]).toBe('rest/rename-07-sync-new-number');
  });

  it('finds a device by its serial number, and refuses one that it does not know, or that has enrolled already', async () => {
    const known = recordedServer('rest/imei-05-serial-hit', ...common);
    const stage = at(known, root, { facts: { id: 'SER0002' } });
    await stage.device.enroll(stage.invitation);
    expect(known.played[0]).toBe('rest/imei-05-serial-hit');
    expect(stage.data().number).not.toBe('SER0002');
    for (const [name, id, url, message] of [
      ['rest/enroll-05-all-null', 'h0900', root, 'error.notfound.device'],
      ['ctx-hmdm/dup-04-after-info', 'dup01', 'http://127.0.0.1:17081/hmdm', 'error.duplicate.device'],
    ] as const) {
      const refusing = at(recordedServer(name), url, { facts: { id } });
      await expect(refusing.device.enroll(refusing.invitation)).rejects.toMatchObject({
        code: 'ENROLL_REFUSED',
        details: { message },
      });
    }
  });

  it('verifies a reply with characters beyond ASCII by its own bytes', async () => {
    const server = recordedServer('rest/sig-04-non-ascii-bmp', ...common);
    const stage = openStage({ facts: { id: 'uni01' }, script: enrollingBy(server) });
    await stage.device.enroll({ authority: 'recorded', url: root });
    expect(stage.told('HEADWIND_SERVER')).toEqual([]);
  });
});
