// Windows sessions per CPU second of the client, against a bare loop that posts the same package 1 with the same client certificate.
import type { DeviceState } from '../agent/index.js';
import { firstOwnCmdId, numbered } from '../agent/platform/windows/answers.js';
import { sessionAddress } from '../agent/platform/windows/exchange.js';
import { packageOne } from '../agent/platform/windows/package-one.js';
import { readWindowsData, type WindowsData } from '../agent/platform/windows/saved.js';
import { encodeSyncMl } from '../protocol/syncml/write.js';
import { writePem } from '../protocol/x509/pem.js';
import { bareRequest, trust } from './bare.js';
import { openCheckingIn } from './checking-in.js';
import { compare, type Ratio, round } from './cpu.js';
import { wide } from './engine-stage.js';

const headers = { 'Content-Type': 'application/vnd.syncml.dm+xml' };

export async function benchWindowsCheckIn(sessions: number, pairs: number): Promise<Ratio> {
  const devices = 100;
  const stage = await openCheckingIn('windows', { devices, sessions, rounds: pairs + 1 });
  try {
    const bare = stage.quiet.map(({ state: { facts, link }, requests }) => {
      if (requests.length !== 1) throw new Error(`a session with nothing to do took ${requests.length} requests`);
      const data = readWindowsData(link?.data);
      const { certificate, key } = data.identity;
      return {
        url: sessionAddress(data.account.address, 'Maintenance'),
        body: firstMessage(facts, data),
        context: trust(stage.target.ca ?? '', {
          cert: writePem('CERTIFICATE', certificate),
          key: stage.keys.open(key).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        }),
      };
    });
    return await compare(
      pairs,
      () => stage.ours(),
      () =>
        round(sessions, wide, async (k) => {
          const each = bare[k % devices];
          if (each === undefined) throw new Error('no such device');
          const status = await bareRequest(each.url, 'POST', headers, each.body, each.context);
          if (status !== 200) throw new Error(`the bare loop was answered ${status}`);
        }),
    );
  } finally {
    await stage.close();
  }
}

/** Package 1 as this device says it. */
function firstMessage({ manufacturer, model, native }: DeviceState['facts'], data: WindowsData): Buffer {
  const { deviceId, account, sessions } = data;
  const devInfo = { deviceId, manufacturer, model, language: String(native['Locale']) };
  const commands = packageOne({ reason: 'by-hand', signedIn: 'user', alerts: [], devInfo });
  return encodeSyncMl({
    header: { sessionId: sessions.next.toString(16), msgId: '1', target: account.address, source: deviceId },
    commands: numbered(commands, firstOwnCmdId),
    isFinal: true,
  });
}
