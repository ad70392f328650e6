// Check-in sessions per CPU second of the client, against a bare loop of the same requests with the same signature.

import { readIosData } from '../agent/platform/ios/saved.js';
import { contentTypes } from '../protocol/apple-mdm/http-errors.js';
import { encodeResult } from '../protocol/apple-mdm/result.js';
import { createCmsSigner } from '../protocol/x509/cms.js';
import { writePem } from '../protocol/x509/pem.js';
import { bareRequest, trust } from './bare.js';
import { openCheckingIn } from './checking-in.js';
import { compare, type Ratio, round } from './cpu.js';
import { wide } from './engine-stage.js';

export async function benchCheckIn(sessions: number, pairs: number): Promise<Ratio> {
  const devices = 100;
  const stage = await openCheckingIn('ios', { devices, sessions, rounds: pairs + 1 });
  try {
    const bare = stage.quiet.map(({ state, requests }) => {
      if (requests.length !== 1) throw new Error(`a session with nothing to do took ${requests.length} requests`);
      const data = readIosData(state.link?.data);
      const key = stage.keys.open(data.identity.key);
      return {
        url: data.management.serverUrl,
        signer: createCmsSigner(data.identity.certificate, key.privateKey),
        // The stub asks for a client certificate, and a device offers its own.
        context: trust(stage.target.ca ?? '', {
          cert: writePem('CERTIFICATE', data.identity.certificate),
          key: key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        }),
        udid: state.facts.id,
      };
    });
    return await compare(
      pairs,
      () => stage.ours(),
      () =>
        round(sessions, wide, async (k) => {
          const each = bare[k % devices];
          if (each === undefined) throw new Error('no such device');
          const body = encodeResult({ udid: each.udid, status: 'Idle' });
          const signature = each.signer.sign(body, new Date(), { detached: true }).toString('base64');
          const headers = { 'content-type': contentTypes.connect, 'mdm-signature': signature };
          const status = await bareRequest(each.url, 'PUT', headers, body, each.context);
          if (status !== 200) throw new Error(`the bare loop was answered ${status}`);
        }),
    );
  } finally {
    await stage.close();
  }
}
