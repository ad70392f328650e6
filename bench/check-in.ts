// Check-in sessions per CPU second of the client, against a bare loop of the same requests with the same signature.

import { readIosData } from '../agent/platform/ios/saved.js';
import { contentTypes } from '../protocol/apple-mdm/http-errors.js';
import { encodeResult } from '../protocol/apple-mdm/result.js';
import { createCmsSigner } from '../protocol/x509/cms.js';
import { writePem } from '../protocol/x509/pem.js';
import { bareRequest, trust } from './bare.js';
import { compare, type Ratio, round } from './cpu.js';
import { openBenchStage } from './stage.js';

export async function benchCheckIn(sessions: number, pairs: number): Promise<Ratio> {
  const devices = 100;
  const stage = await openBenchStage(devices);
  try {
    for (let index = 0; index < devices; index++) await stage.enroll(index, true);
    for (let index = 0; index < devices; index++)
      await stage.population.turn(index, async (device) => void (await device.checkIn()));
    const bare = Array.from({ length: devices }, (_, index) => {
      const state = stage.state(index);
      const data = readIosData(state.link?.data);
      const key = stage.ports.ports.keys.open(data.identity.key);
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
      () =>
        round(sessions, 4, (k) => stage.population.turn(k % devices, async (device) => void (await device.checkIn()))),
      () =>
        round(sessions, 4, async (k) => {
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
