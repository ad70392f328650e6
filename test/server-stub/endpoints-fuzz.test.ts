// Thousands of damaged messages at every endpoint of a running stub: whatever arrives, nothing is a bug of ours.
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encodeCheckin } from '../../protocol/apple-mdm/check-in.js';
import { encodeResult } from '../../protocol/apple-mdm/result.js';
import { buildBinaryPlist } from '../../protocol/plist/build-binary.js';
import { defaultTenant } from '../../server-stub/default-tenant.js';
import { randomOf, seed, wound } from '../fuzz/law.js';
import { fixture, fixtureNames } from '../support/shared.js';
import { askScep, type Client, enrolledClient, fetchChallenge, openStub, type Send, type Stub } from './ios/stub.js';

interface Target {
  readonly name: string;
  readonly times: number;
  readonly samples: readonly Buffer[];
  readonly words: readonly string[];
  readonly send: (bytes: Buffer, good: Client) => [path: string, send: Send];
}

const checkinHeaders = { 'content-type': 'application/x-apple-aspen-mdm-checkin' };
const captured = fixtureNames('apple')
  .filter((name) => /\.(plist|xml)$/.test(name))
  .map((name) => fixture(`apple/${name}`));

function targets(stub: Stub, { udid: UDID, topic: Topic, token, magic }: Client, scep: readonly Buffer[]): Target[] {
  const json = (...values: unknown[]) => values.map((value) => Buffer.from(JSON.stringify(value)));
  const authorization = `Bearer ${stub.authority.adminTokens.administrator}`;
  const admin = (method: string, path: string, times: number, ...values: unknown[]): Target => ({
    name: `${method} ${path}`,
    times,
    samples: json(...values),
    words: ['{', '[', '"', 'null', '1e999', '"__proto__":', '\\ud800', '\u0000', '-0', '[[[[[[[['],
    send: (body) => [path, { method, headers: { authorization }, body }],
  });
  const wifi = { kind: 'wifi', name: 'n', ssid: 's', hidden: false, autoJoin: true, security: 'wpa2', passphrase: 'p' };
  const plistWords = [
    '<dict>',
    '</dict>',
    '<array>',
    '<key>',
    '<data>',
    '<integer>9',
    '&amp;',
    '<![CDATA[',
    '-->',
    '<real>nan',
  ];
  const signed =
    (path: string, headers: Record<string, string>) =>
    (body: Buffer, good: Client): [string, Send] => [
      path,
      { method: 'PUT', headers: { ...headers, 'mdm-signature': good.signatureOf(body) }, body },
    ];
  return [
    {
      name: 'check-in messages, well signed',
      times: 1200,
      samples: [
        encodeCheckin({ MessageType: 'Authenticate', UDID, Topic, SerialNumber: 'S', OSVersion: '18.1' }),
        encodeCheckin({ MessageType: 'TokenUpdate', UDID, Topic, Token: token, PushMagic: magic }),
        encodeCheckin({
          MessageType: 'DeclarativeManagement',
          UDID,
          Endpoint: 'status',
          Data: Buffer.from('{"StatusItems":{},"Errors":[]}'),
        }),
        encodeCheckin({ MessageType: 'DeclarativeManagement', UDID, Endpoint: 'declaration/configuration/a' }),
        encodeCheckin({ MessageType: 'GetToken', UDID, TokenServiceType: 'com.apple.maid' }),
        buildBinaryPlist({ MessageType: 'TokenUpdate', UDID, Topic, Token: token, PushMagic: magic }),
        ...captured,
      ],
      words: plistWords,
      send: signed('/checkin', checkinHeaders),
    },
    {
      name: 'results, well signed',
      times: 800,
      samples: [
        encodeResult({ udid: UDID, status: 'Idle' }),
        encodeResult({
          udid: UDID,
          status: 'Acknowledged',
          commandUuid: randomUUID(),
          data: { QueryResponses: { OSVersion: '18.1', BatteryLevel: 1 } },
        }),
        encodeResult({
          udid: UDID,
          status: 'Error',
          commandUuid: randomUUID(),
          errorChain: [{ ErrorCode: 1, ErrorDomain: 'D', LocalizedDescription: 'x' }],
        }),
        buildBinaryPlist({ UDID, Status: 'NotNow', CommandUUID: randomUUID() }),
        ...captured,
      ],
      words: plistWords,
      send: signed('/mdm', {}),
    },
    {
      name: 'signatures',
      times: 500,
      samples: [Buffer.from('placeholder')],
      words: [],
      send: (noise, good) => {
        const body = encodeResult({ udid: UDID, status: 'Idle' });
        const { samples } = { samples: [Buffer.from(good.signatureOf(body), 'base64')] };
        const random = randomOf(noise.length + noise.reduce((sum, octet) => sum * 31 + octet, 7));
        const signature = wound(samples[0] ?? noise, { others: samples, words: [Buffer.from('3080', 'hex')], random });
        return ['/mdm', { method: 'PUT', headers: { 'mdm-signature': signature.toString('base64') }, body }];
      },
    },
    {
      name: 'SCEP by POST',
      times: 600,
      samples: scep,
      words: ['\x30\x80', '\x00\x00', '\x30\x84\xff\xff\xff\xff', '\x1f'],
      send: (body) => ['/scep?operation=PKIOperation', { method: 'POST', body }],
    },
    {
      name: 'SCEP by GET',
      times: 150,
      samples: scep.map((each) => Buffer.from(each.toString('base64'))),
      words: ['=', '-', '%', '+', 'AAAA'],
      send: (text) => [`/scep?operation=PKIOperation&message=${encodeURIComponent(text.toString('latin1'))}`, {}],
    },
    {
      name: 'the enrollment profile',
      times: 150,
      samples: [Buffer.from('user=user1@contoso.example&identity=tls&unsigned=1&udid=0000')],
      words: ['&', '=', 'userless=1', '%', '%ff', 'identity=pkcs12', '__proto__'],
      send: (query) => [`/enroll/ios?${query.toString('latin1').replace(/[^\x21-\x7e]/g, '?')}`, {}],
    },
    admin(
      'POST',
      `/stub/v1/devices/${UDID}/commands`,
      300,
      { kind: 'lock', message: 'm' },
      { kind: 'install-profile', profile: wifi },
      { kind: 'native', platform: 'ios', name: 'X', body: { a: [1, { $data: 'AA==' }] } },
    ),
    admin('PUT', '/stub/v1/ddm/declarations', 150, {
      value: [{ Type: 'com.apple.configuration.management.test', Identifier: 'a', Payload: { Echo: 'x' } }],
    }),
    admin('POST', '/v1.0/users', 100, { userPrincipalName: 'a@b.example', displayName: 'A', id: 'a' }),
    admin('PATCH', '/v1.0/deviceManagement/applePushNotificationCertificate', 80, {
      topicIdentifier: 't',
      expirationDateTime: '2030-01-01T00:00:00Z',
      certificate: 'AAAA',
    }),
    admin('POST', '/resources/wifi', 150, { deviceId: UDID, name: 'Contoso Wi-Fi', secret: 's', certificate: 'AAAA' }),
  ];
}

describe('no endpoint', () => {
  it(`fails, forgets itself or stops answering, whatever it is sent (FUZZ_SEED=${seed})`, async () => {
    const stub = await openStub({ tls: false, tenant: defaultTenant({ users: 2 }) });
    const first = await enrolledClient(stub);
    const { challenge } = await fetchChallenge(stub, 'user1@contoso.example');
    const scep = [
      (await askScep(stub, { challenge })).message,
      (await askScep(stub, { signer: first, request: { messageType: 'RenewalReq' } })).message,
      (await askScep(stub, { request: { messageType: 'CertPoll' } })).message,
    ];
    const random = randomOf(seed);
    const seen = new Map<number, number>();
    let sent = 0;
    let good = first;
    for (const { name, times, samples, words, send } of targets(stub, first, scep)) {
      const tools = { others: samples, words: words.map((word) => Buffer.from(word, 'latin1')), random };
      for (let i = 0; i < times; i++) {
        const damaged = wound(samples[random(samples.length)] ?? Buffer.alloc(0), tools);
        const { status, body } = await stub.send(...send(damaged, good));
        seen.set(status, (seen.get(status) ?? 0) + 1);
        sent++;
        if (status === 500) expect.fail(`${name}: ${body} to ${damaged.toString('base64')}`);
        // One that stayed whole may have ended the enrollment, or begun another: then there is a new device to go on with.
        if (sent % 100 === 0 && stub.authority.tenant.device(good.udid)?.status !== 'enrolled') {
          good = await enrolledClient(stub, 'user1@contoso.example', first.udid);
        }
      }
    }
    const bugs = stub.lines().filter(({ event, level }) => event === 'BUG' || level >= 50);
    expect(bugs).toEqual([]);
    expect(sent).toBeGreaterThan(4000);
    expect([...seen.keys()].every((status) => status < 500)).toBe(true);
    for (const status of [200, 400]) expect(seen.get(status) ?? 0).toBeGreaterThan(100);
    const last = await enrolledClient(stub, 'user2@contoso.example');
    expect((await last.connect()).reply.status).toBe(200);
  });
});
