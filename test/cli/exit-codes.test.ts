// What `device` exits with when an authority answers wrongly: docs/errors.md says 5 for all that keeps it from checking in.
import { writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { command, enrollmentProfile, opensslIdentity } from '../agent/platform/ios/harness.js';
import { describeWith } from '../support/programs.js';
import type { Ended } from '../support/watched.js';
import { commandLine } from './rollcall.js';

const { folder, here } = commandLine();

/** What a server says in a session, and what `device --once` makes of it. */
const answers: Readonly<
  Record<string, { readonly code: string; readonly answer: (response: ServerResponse) => void }>
> = {
  'an answer without end': {
    code: 'HTTP_TOO_LARGE',
    answer: (response) => {
      const piece = Buffer.alloc(1024 * 1024);
      const more = () => {
        while (!response.destroyed && response.write(piece));
      };
      response.on('drain', more);
      more();
    },
  },
  'a redirect to itself': {
    code: 'HTTP_REDIRECTS',
    answer: (response) => response.writeHead(302, { location: '/connect' }).end(),
  },
  'what is no command': { code: 'ANSWER_MALFORMED', answer: (response) => response.end('no property list') },
  'a server error': { code: 'AUTHORITY_BUSY', answer: (response) => response.writeHead(503).end() },
  'that it does not know the device': { code: 'CHECKIN_REFUSED', answer: (response) => response.writeHead(401).end() },
  nothing: { code: 'TRANSPORT_LOST', answer: (response) => response.destroy() },
};

/** At one that answers rightly, with a command and then with nothing more, until `wrong` is given. */
async function endedAt(
  identity: ReturnType<typeof opensslIdentity>,
  wrong?: (response: ServerResponse) => void,
): Promise<Ended> {
  const queue = [command('DeviceInformation', '<key>Queries</key><array><string>UDID</string></array>')];
  const act: RequestListener = (request, response) => {
    request.resume().on('end', () => {
      if (request.url !== '/connect') response.end();
      else if (wrong === undefined) response.end(queue.shift());
      else wrong(response);
    });
  };
  const server = createServer(act).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    const address = server.address();
    const origin = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    const cwd = folder();
    const profile = enrollmentProfile(identity).toString().replaceAll('https://mdm.test', origin);
    writeFileSync(join(cwd, 'enroll.mobileconfig'), profile);
    return await here(['device', '--profile', 'enroll.mobileconfig', '--allow-http', '--once', '--json'], { cwd });
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

describeWith('openssl')('rollcall device --once', () => {
  let identity: ReturnType<typeof opensslIdentity>;
  beforeAll(() => {
    identity = opensslIdentity('device');
  });

  it('ends with 0 where the authority answers rightly', async () => {
    const ended = await endedAt(identity);
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(ended.out)).toMatchObject({ session: { commands: 1 } });
  });

  it.each(Object.entries(answers))('that is answered %s ends with 5, and says so', async (_, { code, answer }) => {
    const ended = await endedAt(identity, answer);
    expect(ended.code).toBe(5);
    expect(JSON.parse(ended.out)).toMatchObject({
      lifecycle: expect.any(String),
      commands: [],
      error: { code, message: expect.any(String), hint: expect.any(String), details: expect.any(Object) },
    });
    expect(ended.err).toMatch(new RegExp(`^rollcall: ${code}: .*\n {2}\\S`));
  });
});
