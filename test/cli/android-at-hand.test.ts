// What somebody at an Android device is told, at a Headwind server that is not ours.
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { JsonValue } from '../../base/json.js';
import { writeReply } from '../../protocol/headwind/envelope.js';
import { defaultSecret, responseSignature } from '../../protocol/headwind/signature.js';
import { commandLine } from './rollcall.js';

const { folder, folderWithKeys, here, start } = commandLine();

/** A server with one document for every device and a QR code for each number, which takes no poll. */
async function refusesPolls(document: JsonValue): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const { url = '' } = request;
      const asked = /\/qr\/json\/KEY\?deviceId=(.+)$/.exec(url);
      if (url.includes('/notification/')) response.writeHead(403).end();
      else if (asked !== null)
        response.end(
          JSON.stringify({ 'com.hmdm.BASE_URL': `http://${request.headers.host}`, 'com.hmdm.DEVICE_ID': asked[1] }),
        );
      else if (!url.includes('/sync/configuration/')) response.end(writeReply(null));
      else
        response
          .setHeader('X-Response-Signature', responseSignature(defaultSecret, JSON.stringify(document)))
          .end(writeReply(document));
    });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

describe('an Android device at somebody else’s Headwind server', () => {
  it('tells what went wrong as it enrolled, that it cannot be woken, and the number it has there', async () => {
    const files = [{ path: '/a.txt', url: 'http://127.0.0.1:1/a.txt', lastUpdate: 1 }];
    const url = await refusesPolls({ newNumber: 'h0008', pushOptions: 'polling', files, applications: [] });
    const at = ['--server', url, '--number', 'h0007', '--allow-http'];
    const { child, says, ended } = start(['device', '--platform', 'android', ...at, '--stay']);
    await says(/trouble with .*a\.txt: HEADWIND_FAILED/);
    await says(/push: the connection is lost.*403/);
    await says(/, h0007, number h0008, /);
    child.kill('SIGINT');
    expect((await ended).err).not.toContain('no push');
  });

  it('is one of a crowd, and named as the server knows it', async () => {
    const url = await refusesPolls({ pushOptions: 'polling', applications: [] });
    const cwd = folderWithKeys();
    const steps = 'steps: [{ enroll: {} }, { check-in: { expect: [vpn] } }]';
    writeFileSync(join(cwd, 's.yaml'), `name: s\ndevices: { android: 1 }\nkeys: { pool: 1 }\n${steps}\n`);
    const at = [
      '--server',
      url,
      '--allow-http',
      '--android-enroll',
      `${url}/rest/public/qr/json/KEY?deviceId=qa-{index}`,
    ];
    const { code, out } = await here(['fleet', 'run', 's.yaml', ...at], { cwd });
    expect(code).toBe(99);
    expect(out).toMatch(/^ +qa-\d holds no vpn profile/m);
  });

  it('is picked up by either of its numbers, and by no other', async () => {
    const url = await refusesPolls({ newNumber: 'h0008', pushOptions: 'polling', applications: [] });
    const cwd = folder();
    const first = ['--platform', 'android', '--server', url, '--number', 'h0007', '--allow-http'];
    const made = await here(['device', ...first, '--state', 'one', '--once'], { cwd });
    expect(made.err).toMatch(/command newNumber h0008: done, id/);
    const again = (number: string) => here(['device', '--state', 'one', '--once', '--number', number], { cwd });
    expect(await again('h0007')).toMatchObject({ code: 0 });
    expect(await again('h0008')).toMatchObject({ code: 0 });
    expect(await again('h0009')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--number: the device in one is another (number h0007, not h0009)'),
    });
  });
});
