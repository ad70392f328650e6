// A whole enrollment, and what it ends with where the server says or does something else (specs/windows.md §1.0 to §1.6).
import { describe, expect, it } from 'vitest';
import { agentError } from '../../../../agent/errors.js';
import type { DeviceFacts } from '../../../../agent/model/state.js';
import { cspSchemas } from '../../../../agent/platform/windows/csp/index.js';
import { mannersOf } from '../../../../agent/platform/windows/manners.js';
import { readWindowsData } from '../../../../agent/platform/windows/saved.js';
import { openTree } from '../../../../agent/platform/windows/tree/tree.js';
import { buildSchema } from '../../../../agent/platform/windows/tree/tree-schema.js';
import { valueTypes } from '../../../../protocol/mde2/credentials.js';
import { readWindowsCsr } from '../../../../protocol/mde2/csr.js';
import { decodeDiscover } from '../../../../protocol/mde2/discover.js';
import { decodeGetPolicies } from '../../../../protocol/mde2/policies.js';
import { decodeRequestToken, encodeTokenResponse } from '../../../../protocol/mde2/request-token.js';
import { writeFault } from '../../../../protocol/soap/fault.js';
import type { SeenRequest } from '../../../support/scripted-http.js';
import { describeWithFixtures, fixture } from '../../../support/shared.js';
import { addresses, EnrollmentServer, origin, type ServerOptions, stage, start } from './enroll-stage.js';
import { someFacts } from './some-device.js';

const isPost = (request: SeenRequest, url: string): boolean => request.method === 'POST' && request.url === url;
const bodyOf = (requests: readonly SeenRequest[], url: string): Buffer => {
  const found = requests.find((request) => isPost(request, url));
  if (found === undefined) throw new Error(`nothing was posted to ${url}`);
  return found.bytes;
};
const itemsOf = (body: Buffer) => Object.fromEntries(decodeRequestToken(body).context);

/** An enrollment that is to fail, and what it left. */
async function failing(
  server: EnrollmentServer,
  invitation: Parameters<ReturnType<typeof stage>['enroll']>[0] = {},
  device: Parameters<typeof stage>[1] = {},
) {
  const at = stage(server, device);
  const error = await at.enroll(invitation).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(at.settled).toEqual([]);
  expect(at.trust.roots()).toEqual([]);
  expect(at.http.openSessions()).toBe(0);
  return { error, at };
}

describe('an enrollment', () => {
  it('probes, discovers, reads the policy, asks for a certificate and keeps what comes', async () => {
    const server = new EnrollmentServer({
      document: {
        renew: { robo: true, periodDays: 60, retryDays: 4 },
        dmClient: [
          { path: ['Provider', 'TestMDM', 'EntDMID'], value: 'dm-1' },
          { path: ['Provider', 'TestMDM', 'Poll', 'NumberOfFirstRetries'], value: '8', datatype: 'integer' },
          { path: ['Provider', 'TestMDM', 'Poll', 'PollOnLogin'], value: 'true', datatype: 'boolean' },
        ],
      },
    });
    const at = stage(server);
    const memory = await at.enroll({ secret: 'secret' });
    expect(at.asked).toEqual([
      `GET ${addresses.discovery}`,
      `POST ${addresses.discovery}`,
      `POST ${addresses.policy}`,
      `POST ${addresses.enrollment}`,
    ]);
    const { data } = memory;
    expect(data).toMatchObject({
      deviceId: someFacts.id,
      account: {
        providerId: 'TestMDM',
        name: 'Test MDM',
        address: addresses.management,
        appSrv: { type: 'DIGEST', name: 'device', secret: 'device-secret', nonce: 'bm9uY2U=' },
        client: { type: 'DIGEST', secret: 'server-secret', nonce: 'nonce' },
      },
      enrollment: { type: 'Full', upn: 'user1@contoso.example', serviceUrl: addresses.enrollment, enrolledAt: start },
      sessions: { next: 1, count: 0 },
      pollSince: start,
      contactAt: start,
    });
    expect(data.sessions.vector).toMatch(/^[A-Za-z0-9+/]{16}$/);
    expect(data.identity.key).toEqual(at.ports.keys.taken[0]?.ref);
    expect(Object.values(data.certificates)).toEqual([
      { der: Buffer.from(server.root), store: 'Root', scope: 'device' },
    ]);
    const tree = openTree(memory, buildSchema(cspSchemas));
    expect(tree.value('./Device/Vendor/MSFT/DMClient/Provider/TestMDM/EntDMID')).toBe('dm-1');
    expect(tree.value('./Device/Vendor/MSFT/DMClient/Provider/TestMDM/Poll/NumberOfFirstRetries')).toBe('8');
    expect(tree.value('./Vendor/MSFT/CertificateStore/My/WSTEP/Renew/RenewPeriod')).toBe('60');
    expect(readWindowsData(structuredClone(memory.saved.data))).toEqual(structuredClone(data));
    expect(memory.saved).toMatchObject({ platform: 'windows', authority: origin, origin });
    expect(at.settled).toEqual([memory]);
    expect(at.trust.roots()).toEqual([Buffer.from(server.root)]);
    expect(at.http.openSessions()).toBe(0);
  });

  it('sends the heads of the capture', async () => {
    const at = stage(new EnrollmentServer());
    await at.enroll();
    const [probe, ...posts] = at.http.requests;
    expect(probe?.headers).toEqual({ 'User-Agent': 'ENROLLClient', 'Cache-Control': 'no-cache', Pragma: 'no-cache' });
    for (const { headers } of posts)
      expect(headers).toEqual({
        'Content-Type': 'application/soap+xml; charset=utf-8',
        'User-Agent': 'ENROLLClient',
      });
    expect(at.http.requests.every(({ identity }) => identity === undefined)).toBe(true);
  });

  it('says the facts of the device, in the order of Windows 11', async () => {
    const at = stage(new EnrollmentServer(), { condition: { deviceName: 'DESKTOP-TEST001' } });
    await at.enroll();
    const { context, requestType, tokenValueType, token } = decodeRequestToken(
      bodyOf(at.http.requests, addresses.enrollment),
    );
    const names = context.map(([name]) => name).filter((name, index, all) => name !== all[index - 1]);
    expect(names).toEqual([
      'UXInitiated',
      'HWDevID',
      'Locale',
      'TargetedUserLoggedIn',
      'OSEdition',
      'DeviceName',
      'MAC',
      'DeviceID',
      'EnrollmentType',
      'DeviceType',
      'OSVersion',
      'ApplicationVersion',
      'NotInOobe',
      'Manufacturer',
      'DeviceModel',
      'SerialNumber',
      'RequestVersion',
    ]);
    expect(Object.fromEntries(context)).toMatchObject({
      UXInitiated: 'true',
      HWDevID: someFacts.native['HWDevID'],
      TargetedUserLoggedIn: 'true',
      DeviceName: 'DESKTOP-TEST001',
      DeviceID: someFacts.id,
      EnrollmentType: 'Full',
      OSVersion: '10.0.22631.4317',
      SerialNumber: '8WXQK13',
    });
    expect({ requestType, tokenValueType }).toEqual({ requestType: 'Issue', tokenValueType: valueTypes.pkcs10 });
    expect(readWindowsCsr(token).deviceId).toBe(someFacts.id);
    expect(decodeGetPolicies(bodyOf(at.http.requests, addresses.policy)).tpm).toBeDefined();
  });

  it('takes a key for each enrollment, and a GUID', async () => {
    const at = stage(new EnrollmentServer());
    const first = await at.enroll();
    const second = await at.enroll();
    expect(first.data.identity.key).not.toEqual(second.data.identity.key);
    const [one, two] = at.http.requests
      .filter((request) => isPost(request, addresses.enrollment))
      .map(({ bytes }) => JSON.stringify(readWindowsCsr(decodeRequestToken(bytes).token).subject));
    expect(one).not.toBe(two);
  });

  it.each([
    ['3.0', '9.0', true],
    ['4.0', '4.0', false],
    ['5.0', '5.0', false],
    ['9.0', '9.0', true],
  ])('answers the version %s with %s', async (enrollmentVersion, expected, attests) => {
    const at = stage(new EnrollmentServer({ discover: { enrollmentVersion } }));
    const { data } = await at.enroll();
    const items = itemsOf(bodyOf(at.http.requests, addresses.enrollment));
    expect(items['RequestVersion']).toBe(expected);
    expect('AttestationStatus' in items).toBe(attests);
    expect(data.enrollment.requestVersion).toBe(expected);
  });

  it('asks no policy where no address for one is named', async () => {
    const server = new EnrollmentServer();
    server.override = (request) =>
      request.method === 'POST' && request.url === addresses.discovery
        ? server
            .discovered()
            .toString()
            .replace(/<EnrollmentPolicyServiceUrl>.*<\/EnrollmentPolicyServiceUrl>/, '')
        : undefined;
    const at = stage(server);
    await at.enroll();
    expect(at.asked).not.toContain(`POST ${addresses.policy}`);
  });

  it('tells of an answer in chunks, which Windows would not take, and goes on', async () => {
    const server = new EnrollmentServer();
    server.override = (request) =>
      isPost(request, addresses.discovery)
        ? { body: server.discovered(), headers: { 'transfer-encoding': 'chunked' } }
        : undefined;
    const at = stage(server);
    await at.enroll();
    expect(at.told).toEqual([
      expect.objectContaining({ type: 'trouble', message: expect.stringContaining('in chunks') }),
    ]);
  });
});

describeWithFixtures('the manners of Windows 10 19043', () => {
  const facts = {
    osVersion: '10.0.19043.2364',
    osBuild: '19043.2364',
    id: '1E08C6E95D8BB843B1278FF45BC60CC6',
    native: {
      HWDevID: '3B3ED6D0EA88CBFCF37D36F90F22FE61172348C0162FC3840D6703149870CE76',
      OSEdition: 72,
      Locale: 'en-US',
      Macs: '00-0C-29-51-60-9D,1A-77-20-52-41-53,1A-77-20-52-41-53,00-0C-29-51-60-A7,18-14-20-52-41-53,00-0C-29-51-60-93',
    },
  };
  const host = 'https://mdmwindows.com/EnrollmentServer';

  it('are byte for byte those of the capture', async () => {
    const server = new EnrollmentServer({
      discover: { policyUrl: `${host}/Policy.svc`, serviceUrl: `${host}/Enrollment.svc` },
      policy: { hash: '1.3.14.3.2.29' },
    });
    const at = stage(server, { facts, condition: { deviceName: 'DESKTOP-28FGAI6' } });
    const { url: _none, ...byUser } = { url: undefined, user: 'demo@mdmwindows.com', secret: 'demo' };
    const memory = await at.enroll({ ...byUser, url: undefined } as never);
    const discovery = 'https://enterpriseenrollment.mdmwindows.com/EnrollmentServer/Discovery.svc';
    const text = (name: string) => fixture(`windows/win10-19043-${name}.req.xml`).toString();
    expect(at.asked[0]).toBe(`GET ${discovery}`);
    expect(bodyOf(at.http.requests, discovery).toString()).toBe(text('discover'));
    expect(bodyOf(at.http.requests, `${host}/Policy.svc`).toString()).toBe(text('getpolicies'));
    const request = bodyOf(at.http.requests, `${host}/Enrollment.svc`);
    const withoutKey = (body: string) => body.replace(/#base64binary">[^<]*</, '#base64binary">...<');
    expect(withoutKey(request.toString())).toBe(withoutKey(text('rst')));
    const theirs = fixture('windows/win10-19043-csr.der');
    const ours = decodeRequestToken(request).token;
    expect(ours.length).toBe(theirs.length); // the same structure; key, GUID and signature are our own
    expect(memory.data.enrollment).toMatchObject({ csrForm: 'win10', requestVersion: '4.0', digest: 'sha1' });
  });

  it('have SHA-1 where the policy names no hash', () => {
    expect(mannersOf({ ...someFacts, ...facts })).toMatchObject({ name: 'win10', digest: 'sha1' });
  });
});

describe('discovery', () => {
  it('uses an address as it is given, and guesses no .svc (case D6)', async () => {
    const given = `${origin}/EnrollmentServer/discovery`;
    const at = stage(new EnrollmentServer());
    await at.enroll({ url: given });
    expect(at.asked.slice(0, 2)).toEqual([`GET ${given}`, `POST ${given}`]);
    expect(decodeDiscover(bodyOf(at.http.requests, given)).to).toBe(given);
  });

  it('ends with an HRESULT where something else answers (case D6)', async () => {
    const server = new EnrollmentServer();
    server.override = () => ({ status: 404, headers: { 'content-type': 'application/json' }, body: Buffer.from('{}') });
    const { error, at } = await failing(server, { url: `${origin}/enrollmentserver/discovery` });
    expect(error).toMatchObject({
      code: 'ENROLL_FAILED',
      message: expect.stringMatching(/^Discovery: 0x80190194 HTTP_E_STATUS_NOT_FOUND: .* answered 404/),
      details: { step: 'Discovery', hresult: '0x80190194', hresultName: 'HTTP_E_STATUS_NOT_FOUND', status: 404 },
    });
    expect(at.asked).toHaveLength(2);
  });

  it.each([200, 401, 405, 500])('goes on after a probe that is answered %i', async (status) => {
    const server = new EnrollmentServer();
    server.override = ({ method }) => (method === 'GET' ? { status, body: Buffer.from('<html>') } : undefined);
    await stage(server).enroll();
  });

  it('writes the address of a domain as Windows does, and asks its host in lower case', async () => {
    const at = stage(new EnrollmentServer());
    await at.enroll({ url: undefined, user: 'Someone@Contoso.Example' } as never);
    const url = 'https://enterpriseenrollment.contoso.example/EnrollmentServer/Discovery.svc';
    expect(at.asked.slice(0, 2)).toEqual([`GET ${url}`, `POST ${url}`]);
    expect(decodeDiscover(bodyOf(at.http.requests, url))).toMatchObject({
      to: 'https://EnterpriseEnrollment.Contoso.Example:443/EnrollmentServer/Discovery.svc',
      emailAddress: 'Someone@Contoso.Example',
      requestVersion: '5.0',
    });
  });

  it('follows the redirects of the probe, five at most, and posts where they end', async () => {
    const hops = (most: number) => {
      const server = new EnrollmentServer();
      server.override = ({ method, url }) => {
        const hop = Number(new URL(url).searchParams.get('hop') ?? 0);
        return method === 'GET' && hop < most
          ? { status: 302, headers: { location: `/EnrollmentServer/Discovery.svc?hop=${hop + 1}` } }
          : undefined;
      };
      return server;
    };
    const at = stage(hops(5));
    await at.enroll();
    expect(at.asked[6]).toBe(`POST ${addresses.discovery}?hop=5`);
    const { error } = await failing(hops(6));
    expect(error).toMatchObject({ code: 'ENROLL_FAILED', details: { hresult: '0x8019012E' } });
  });

  it.each(['http://mdm.test/EnrollmentServer/Discovery.svc', 'ftp://mdm.test/', 'https://['])(
    'follows no redirect to %s',
    async (location) => {
      const server = new EnrollmentServer();
      server.override = ({ method }) => (method === 'GET' ? { status: 302, headers: { location } } : undefined);
      const { error, at } = await failing(server);
      expect(error).toMatchObject({
        code: 'ENROLL_FAILED',
        details: { hresult: '0x8018001A', hresultName: 'MENROLL_E_INSECUREREDIRECT' },
      });
      expect(at.asked).toHaveLength(1);
    },
  );

  it('does not send a message on where its answer is a redirect', async () => {
    const server = new EnrollmentServer();
    server.override = (request) =>
      isPost(request, addresses.discovery) ? { status: 307, headers: { location: '/elsewhere' } } : undefined;
    const { error, at } = await failing(server);
    expect(error).toMatchObject({ details: { hresult: '0x80190133', status: 307 } });
    expect(at.asked).toHaveLength(2);
  });

  it('asks over plain http where to go if nothing answers over https', async () => {
    const server = new EnrollmentServer();
    server.override = ({ url }) => {
      if (url.startsWith('https://enterpriseenrollment.')) throw agentError('TRANSPORT_LOST', 'no answer');
      if (url.startsWith('http:')) return { status: 302, headers: { location: addresses.discovery } };
      return undefined;
    };
    const at = stage(server);
    await at.enroll({ url: undefined } as never);
    expect(at.asked.slice(0, 4)).toEqual([
      'GET https://enterpriseenrollment.contoso.example/EnrollmentServer/Discovery.svc',
      'GET http://enterpriseenrollment.contoso.example/EnrollmentServer/Discovery.svc',
      `GET ${addresses.discovery}`,
      `POST ${addresses.discovery}`,
    ]);
  });

  it('says that nothing answered where plain http leads nowhere either, or to plain http', async () => {
    const server = new EnrollmentServer();
    server.override = ({ url }) => {
      if (url.startsWith('https:')) throw agentError('TRANSPORT_LOST', 'no answer from there');
      return { status: 200 };
    };
    const { error } = await failing(server, { url: undefined } as never);
    expect(error).toMatchObject({
      code: 'TRANSPORT_LOST',
      message: 'Discovery: 0x80180010 MENROLL_E_CONNECTIVITY: no answer from there',
      details: { hresult: '0x80180010' },
    });
    server.override = ({ url }) => {
      if (url.startsWith('https:')) throw agentError('TRANSPORT_LOST', 'no answer');
      return { status: 302, headers: { location: 'http://mdm.test/' } };
    };
    const insecure = await failing(server, { url: undefined } as never);
    expect(insecure.error).toMatchObject({ code: 'ENROLL_FAILED', details: { hresult: '0x8018001A' } });
  });

  it('asks nobody over plain http where an address was given', async () => {
    const server = new EnrollmentServer();
    server.override = () => {
      throw agentError('TLS_UNTRUSTED', 'not trusted');
    };
    const { error, at } = await failing(server);
    expect(error).toMatchObject({ code: 'TLS_UNTRUSTED', details: { hresult: '0x80180012' } });
    expect(at.asked).toHaveLength(1);
  });

  it('knows where to look, or says so', async () => {
    const { error, at } = await failing(new EnrollmentServer(), { url: undefined, user: 'nobody' } as never);
    expect(error).toMatchObject({ code: 'ENROLL_FAILED', details: { hresult: '0x8018002B' } });
    expect(at.asked).toEqual([]);
  });

  it.each([
    ['cut before its end', (whole: string) => whole.replace('</s:Envelope>', '')],
    ['empty', () => ''],
    ['a web page', () => '<!doctype html><title>Sign in</title>'],
    ['another message', () => '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body/></s:Envelope>'],
  ])('refuses a reply that is %s', async (_what, changed) => {
    const server = new EnrollmentServer();
    server.override = (request) =>
      isPost(request, addresses.discovery) ? Buffer.from(changed(server.discovered().toString())) : undefined;
    const { error } = await failing(server);
    expect(error).toMatchObject({ code: 'ENROLL_FAILED', details: { hresult: '0x801900C8', step: 'Discovery' } });
  });

  it.each(['serviceUrl', 'policyUrl'] as const)('sends nothing to a %s without TLS', async (name) => {
    const discover = { [name]: `http://mdm.test/${name}` } as ServerOptions['discover'];
    const { error, at } = await failing(new EnrollmentServer(discover === undefined ? {} : { discover }));
    expect(error).toMatchObject({ code: 'ENROLL_FAILED', details: { hresult: '0x8018001A' } });
    expect(at.asked.some((line) => line.includes('http://'))).toBe(false);
  });
});

describe('a refusal', () => {
  it.each([
    ['MessageFormat', undefined, '0x80180001', 'MENROLL_E_DEVICE_MESSAGE_FORMAT_ERROR'],
    ['authentication', undefined, '0x80180008', 'MENROLL_E_DEVICE_UNKNOWN_ERROR'],
    ['Authorization', 'DeviceCapReached', '0x80180013', 'MENROLL_E_DEVICECAPREACHED'],
    ['Authorization', 'Nonsense', '0x80180008', 'MENROLL_E_DEVICE_UNKNOWN_ERROR'],
  ])('of %s, %s is told as %s', async (subcode, errorType, hresult, hresultName) => {
    for (const status of [200, 500]) {
      const server = new EnrollmentServer();
      const fault = writeFault({
        reason: 'no',
        ...(subcode === undefined ? {} : { subcode }),
        ...(errorType === undefined ? {} : { detail: { errorType, message: 'Too many', traceId: 't-1' } }),
      });
      server.override = (request) => (isPost(request, addresses.policy) ? { status, body: fault } : undefined);
      const { error } = await failing(server);
      expect(error).toMatchObject({
        code: 'ENROLL_REFUSED',
        message: expect.stringContaining(`GetPolicies: ${hresult} ${hresultName}: `),
        details: {
          step: 'GetPolicies',
          hresult,
          hresultName,
          status,
          said: errorType === undefined ? 'no' : 'no; Too many',
        },
      });
    }
  });

  it('by a status alone may pass by itself where that is its sense', async () => {
    for (const [status, hresult] of [
      [429, '0x80180033'],
      [503, '0x801901F7'],
    ] as const) {
      const server = new EnrollmentServer();
      server.override = (request) => (isPost(request, addresses.enrollment) ? { status } : undefined);
      const { error } = await failing(server);
      expect(error).toMatchObject({ code: 'AUTHORITY_BUSY', details: { hresult, status } });
    }
  });

  it('is an answer that comes with another status than 200, whatever is in it', async () => {
    for (const [status, hresult] of [
      [202, '0x801900CA'],
      [403, '0x80190193'],
    ] as const) {
      const server = new EnrollmentServer();
      server.override = (request) =>
        isPost(request, addresses.discovery) ? { status, body: server.discovered() } : undefined;
      const { error } = await failing(server);
      expect(error).toMatchObject({ code: 'ENROLL_FAILED', details: { hresult, status } });
    }
  });

  it('shows no secret', async () => {
    const server = new EnrollmentServer();
    server.override = (request) => (isPost(request, addresses.policy) ? { status: 403 } : undefined);
    const { error } = await failing(server, { secret: 'very-secret' });
    expect(JSON.stringify([String(error), error])).not.toContain('very-secret');
  });

  it('comes from the device itself where nobody is signed in, without a word on the wire', async () => {
    const { error, at } = await failing(new EnrollmentServer(), {}, { condition: { signedIn: 'none' } });
    expect(error).toMatchObject({
      code: 'ENROLL_FAILED',
      details: { hresult: '0x80070525', hresultName: 'ERROR_NO_SUCH_USER' },
    });
    expect(at.asked).toEqual([]);
  });

  it('leaves nothing where the device could not be saved, or the person stops it', async () => {
    const at = stage(new EnrollmentServer());
    at.settled.push = () => {
      throw agentError('STATE_UNSAVED', 'the disk is full');
    };
    await expect(at.enroll()).rejects.toMatchObject({ code: 'STATE_UNSAVED' });
    expect(at.trust.roots()).toEqual([]);
    const controller = new AbortController();
    const server = new EnrollmentServer();
    server.override = (request) => {
      if (isPost(request, addresses.enrollment)) controller.abort(new Error('enough'));
      return undefined;
    };
    const stopped = stage(server);
    stopped.settled.push = () => {
      throw controller.signal.reason;
    };
    await expect(stopped.enroll({}, controller.signal)).rejects.toThrow('enough');
    expect(stopped.trust.roots()).toEqual([]);
  });
});

describe('the policy', () => {
  it('decides the length of the key and the hash of the request', async () => {
    const at = stage(new EnrollmentServer({ policy: { keyLength: 3000, hash: '2.16.840.1.101.3.4.2.3' } }));
    const { data } = await at.enroll();
    expect(data.enrollment).toMatchObject({ keyBits: 3072, digest: 'sha512' });
    expect(at.ports.keys.askedBits).toEqual([3072]);
  });

  it('may be anything that cannot be read', async () => {
    const server = new EnrollmentServer();
    server.override = (request) => (isPost(request, addresses.policy) ? 'nonsense' : undefined);
    const { data } = await stage(server).enroll();
    expect(data.enrollment).toMatchObject({ keyBits: 2048, digest: 'sha256' });
  });

  it('may ask for more than there is', async () => {
    const { error } = await failing(new EnrollmentServer({ policy: { keyLength: 8192 } }));
    expect(error).toMatchObject({
      code: 'ENROLL_FAILED',
      details: { hresult: '0x80180004', step: 'GetPolicies' },
    });
  });
});

describe('the provisioning document', () => {
  const document = (server: EnrollmentServer, change: (text: string) => string) => (request: SeenRequest) => {
    if (!isPost(request, addresses.enrollment)) return undefined;
    const reply = server.issued(request).toString();
    return reply.replace(/(base64binary">)([^<]*)(<)/, (_whole, head: string, body: string, tail: string) => {
      const text = change(Buffer.from(body, 'base64').toString());
      return `${head}${Buffer.from(text).toString('base64')}${tail}`;
    });
  };

  it.each([
    [
      'no certificate store',
      (text: string) => text.replace(/<characteristic type="My">/, '<characteristic type="CA">'),
      '0x8018001E',
    ],
    [
      'a thumbprint of another certificate',
      (text: string) => text.replace(/type="[0-9A-F]{40}"/, `type="${'0'.repeat(40)}"`),
      '0x8018001E',
    ],
    ['no account', (text: string) => text.replace('value="w7"', 'value="w5"'), '0x8018001F'],
    [
      'an account without TLS',
      (text: string) => text.replace(/value="https:\/\/mdm.test\/Man/, 'value="http://mdm.test/Man'),
      '0x8018001A',
    ],
    ['an account without AAUTHDATA', (text: string) => text.replace(/<parm name="AAUTHDATA"[^>]*>/, ''), '0x80180023'],
    [
      'a characteristic that is not known',
      (text: string) => text.replace('</wap-p', '<characteristic type="RootCATrustedCertificates"/></wap-p'),
      '0x83750005',
    ],
    [
      'DMClient of another provider',
      (text: string) =>
        text.replace(
          '</wap-p',
          '<characteristic type="DMClient"><characteristic type="Provider"><characteristic type="Other"><parm name="EntDMID" value="1"/></characteristic></characteristic></characteristic></wap-p',
        ),
      '0x80180020',
    ],
    [
      'a node that DMClient does not have',
      (text: string) =>
        text.replace(
          '</wap-p',
          '<characteristic type="DMClient"><characteristic type="Provider"><characteristic type="TestMDM"><parm name="NoSuchNode" value="1"/></characteristic></characteristic></characteristic></wap-p',
        ),
      '0x80180020',
    ],
    ['no XML', () => 'nonsense', '0x80180023'],
  ])('with %s is refused', async (_what, change, hresult) => {
    const server = new EnrollmentServer();
    server.override = document(server, change);
    const { error } = await failing(server);
    expect(error).toMatchObject({ code: 'ENROLL_FAILED', details: { step: 'provisioning', hresult } });
    expect((error as Error).message).toMatch(new RegExp(`^provisioning: ${hresult}`));
  });

  it('with a certificate for another key is refused', async () => {
    const server = new EnrollmentServer();
    const other = new EnrollmentServer();
    let reply: Buffer | undefined;
    server.override = (request) => {
      if (!isPost(request, addresses.enrollment)) return undefined;
      reply ??= other.issued(request);
      return reply;
    };
    const at = stage(server);
    await at.enroll();
    await expect(at.enroll()).rejects.toMatchObject({
      code: 'ENROLL_FAILED',
      details: { hresult: '0x8018001E', hresultName: 'MENROLL_E_PROV_CSP_CERTSTORE' },
    });
    expect(at.trust.roots()).toEqual([]);
  });

  it('is missing where the token is none', async () => {
    const server = new EnrollmentServer();
    server.override = (request) =>
      isPost(request, addresses.enrollment)
        ? encodeTokenResponse(Buffer.from('x'))
            .toString()
            .replace(/RequestedSecurityToken/g, 'Other')
        : undefined;
    const { error } = await failing(server);
    expect(error).toMatchObject({ details: { hresult: '0x801900C8', step: 'RequestSecurityToken' } });
  });
});

describeWithFixtures('recorded replies of other servers', () => {
  it.each([
    ['latchz', '/xcep', '/wstep'],
    ['windows_mdm', undefined, undefined],
  ])('of %s carry an enrollment to its certificate, which is for a key of theirs', async (name, ...paths) => {
    const read = (file: string) => fixture(`windows/servers/${name}/${file}`);
    const served = { script: (request: SeenRequest) => answer(request) };
    const answer = ({ method, bytes }: SeenRequest) => {
      if (method === 'GET') return { status: 405 };
      const text = bytes.toString();
      if (text.includes('/Discover<')) return read('01-discover.res.xml');
      if (text.includes('/GetPolicies<')) return read('03-policy.res.xml');
      return read('04-rst.res.xml');
    };
    const at = stage(served);
    const token = Buffer.from('of the web view').toString('base64');
    await expect(at.enroll({ url: 'https://localhost:18443/discovery', token })).rejects.toMatchObject({
      code: 'ENROLL_FAILED',
      message: expect.stringContaining('no certificate in the store My is for the key that was sent'),
      details: { hresult: '0x8018001E' },
    });
    for (const path of paths) if (path !== undefined) expect(at.asked.some((line) => line.endsWith(path))).toBe(true);
    expect(at.asked).toHaveLength(4);
  });

  it('of a server that cannot read the request of Windows 10 are told with what it may come of', async () => {
    const server = new EnrollmentServer();
    server.override = (request) =>
      isPost(request, addresses.enrollment) ? fixture('windows/servers/latchz/04-rst.fault.res.xml') : undefined;
    const enrolling = (native: DeviceFacts['native']) =>
      stage(server, { facts: { osVersion: '10.0.19044.5011', osBuild: '19044.5011', native } })
        .enroll()
        .catch((error: unknown) => error);
    const { native } = someFacts;
    expect(await enrolling({ ...native })).toMatchObject({ hint: expect.stringContaining('--csr strict') });
    expect(await enrolling({ ...native, CsrForm: 'strict' })).toMatchObject({
      hint: expect.not.stringContaining('--csr'),
    });
  });

  it('of latchz as a fault without a Subcode are told with the status alone, as Windows does, and that it does not find out more', async () => {
    const server = new EnrollmentServer();
    server.override = (request) =>
      isPost(request, addresses.enrollment) ? fixture('windows/servers/latchz/04-rst.fault.res.xml') : undefined;
    const { error } = await failing(server);
    expect(error).toMatchObject({
      code: 'ENROLL_REFUSED',
      message: expect.stringMatching(/0x801900C8: .*certificate issuance failed/),
      hint: expect.stringContaining('Subcode'),
    });
  });
});
