import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates, TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createHttp, type HttpOptions } from '../../../../agent/io/http.js';
import { known, publicAnchors } from '../../../../agent/io/tls/chain.js';
import { brokenRules } from '../../../../agent/io/tls/rules.js';
import type { Happening } from '../../../../agent/model/happening.js';
import type { ServerTrust } from '../../../../agent/model/server-rules.js';
import { iosServerRules } from '../../../../agent/platform/ios/server-rules.js';
import { describeWith, openssl, temporaryFolder } from '../../../support/programs.js';
import {
  authority,
  dayMs,
  fromPem,
  type Made,
  rsaOf,
  type Serving,
  serverCertificate,
  serving,
} from '../../../support/server-certificates.js';

interface Stage {
  readonly told: Happening[];
  get(server: Pick<Serving, 'origin'>, path?: string): Promise<unknown>;
  /** A session of its own, as a device has one. */
  readonly http: ReturnType<typeof createHttp>;
  readonly trust: ServerTrust;
}

interface StageOptions extends HttpOptions {
  readonly roots?: readonly Made[];
  readonly isLenient?: boolean;
  readonly deviceNow?: () => number;
}

/** A device with iOS's rules that trusts these roots by its profile. */
function device({ roots = [], isLenient = false, deviceNow = Date.now, ...options }: StageOptions = {}): Stage {
  const told: Happening[] = [];
  const ders = roots.map(({ certificate }) => certificate);
  const trust = {
    rules: iosServerRules,
    roots: () => ders,
    now: deviceNow,
    isLenient,
    tell: (each: Happening) => told.push(each),
  };
  const http = createHttp(options);
  onTestFinished(() => http.close());
  return {
    told,
    http,
    trust,
    async get({ origin }, path = '/') {
      const session = http.open({ server: trust });
      try {
        return (await session.request({ method: 'GET', url: origin + path })).status;
      } finally {
        session.close();
      }
    },
  };
}

describe('a server’s certificate', () => {
  it('is taken where it keeps every rule, and is not looked at again', async () => {
    const root = authority();
    const server = await serving(serverCertificate(root), [root]);
    const { get, told } = device({ roots: [root] });
    const look = vi.spyOn(TLSSocket.prototype, 'getPeerCertificate');
    onTestFinished(() => look.mockRestore());
    for (let session = 0; session < 3; session++) expect(await get(server)).toBe(200);
    expect(look.mock.calls).toEqual([[true]]);
    expect(told).toEqual([]);
  });

  const july2019 = new Date('2019-07-01T00:00:00Z');
  const before2019 = new Date('2019-06-30T22:59:59Z');
  const until = (from: Date, days: number, more = 0) => new Date(from.getTime() + days * dayMs + more);
  const faults: readonly [
    what: string,
    wanted: () => Parameters<typeof serverCertificate>[1],
    code: string,
    says: RegExp,
    hint: RegExp,
  ][] = [
    [
      'names its host in the common name only',
      () => ({ subject: [[['CN', '127.0.0.1']]], subjectAltName: {} }),
      'TLS_NAME',
      /127\.0\.0\.1 in its common name only, which iOS/,
      /SubjectAltName has 127\.0\.0\.1/,
    ],
    ['has an RSA key of 1024 bits', () => rsaOf(1024), 'TLS_KEY', /RSA of 1024 bits/, /2048 bits or more/],
    [
      'has a key of another kind',
      () => keysOf(generateKeyPairSync('ed25519')),
      'TLS_KEY',
      /: ed25519$/,
      /RSA of 2048.*prime256v1/,
    ],
    ['is signed with SHA-1', () => ({ digest: 'sha1' }), 'TLS_DIGEST', /signed with SHA1/, /SHA-256/],
    ['is valid for ten years', () => ({ days: 3650 }), 'TLS_VALIDITY', /3650 days.*825 at most/, /825 days or fewer/],
    [
      'is valid for a second more than 825 days and an hour',
      () => ({ notBefore: july2019, notAfter: until(july2019, 825, 3_601_000) }),
      'TLS_VALIDITY',
      /826 days/,
      /since 2019-06-30/,
    ],
    [
      'is for clients only',
      () => ({ extendedKeyUsage: ['clientAuth'] }),
      'TLS_USAGE',
      /usages clientAuth.*serverAuth/,
      /serverAuth/,
    ],
  ];

  it.each(faults)(
    'that %s is refused, by name and with what to do; --lenient tls lets it pass, and says so',
    async (_, wanted, code, says, hint) => {
      const root = authority();
      const made = serverCertificate(root, wanted());
      const server = await serving(made, [root]);
      const deviceNow = () => Date.parse(new X509Certificate(made.certificate).validFrom) + 1000;
      const strict = device({ roots: [root], deviceNow });
      await expect(strict.get(server)).rejects.toMatchObject({
        code,
        retry: false,
        message: expect.stringMatching(says),
        hint: expect.stringMatching(hint),
        details: { origin: server.origin, rules: [code] },
      });
      expect(server.requests()).toBe(0);
      const byHand = device({ ca: root.pem, deviceNow });
      await expect(byHand.get(server)).rejects.toMatchObject({ code });
      const lenient = device({ roots: [root], isLenient: true, deviceNow });
      for (let session = 0; session < 2; session++) expect(await lenient.get(server)).toBe(200);
      expect(lenient.told).toEqual([{ type: 'lifted', lenient: 'tls', code, message: expect.stringMatching(says) }]);
    },
  );

  const good: readonly [what: string, wanted: () => Parameters<typeof serverCertificate>[1]][] = [
    ['is valid for 825 days and an hour', () => ({ notBefore: july2019, notAfter: until(july2019, 825, 3_600_000) })],
    [
      'was issued before July 2019 for thirty years',
      () => ({ notBefore: before2019, notAfter: until(before2019, 30 * 365) }),
    ],
    ['has no extended key usage', () => ({ extendedKeyUsage: [] })],
    ['has RSA of 2048 bits', () => rsaOf(2048)],
  ];

  it.each(good)('that %s is taken below a root that was installed', async (_, wanted) => {
    const root = authority();
    const made = serverCertificate(root, wanted());
    const deviceNow = () => Date.parse(new X509Certificate(made.certificate).validFrom) + 1000;
    expect(await device({ roots: [root], deviceNow }).get(await serving(made, [root]))).toBe(200);
  });

  it('for another host names the hosts that it is for, and no leniency helps', async () => {
    const root = authority();
    const server = await serving(serverCertificate(root, { subjectAltName: { dNSName: ['mdm.test', '*.mdm.test'] } }));
    for (const isLenient of [false, true])
      await expect(device({ roots: [root], isLenient }).get(server)).rejects.toMatchObject({
        code: 'TLS_NAME',
        message: `${server.origin}: the certificate is not for 127.0.0.1 but for mdm.test, *.mdm.test`,
        hint: expect.not.stringMatching(/--ca/),
      });
  });

  it('that breaks several rules is refused by the gravest, and says the others', async () => {
    const root = authority();
    const server = await serving(
      serverCertificate(root, { ...rsaOf(1024), days: 3650, extendedKeyUsage: ['clientAuth'] }),
    );
    await expect(device({ roots: [root] }).get(server)).rejects.toMatchObject({
      code: 'TLS_KEY',
      details: {
        rules: ['TLS_KEY', 'TLS_VALIDITY', 'TLS_USAGE'],
        also: [expect.stringMatching(/days/), expect.stringMatching(/clientAuth/)],
      },
    });
  });

  it('that is itself a trusted root is spared what is asked of those below one, and keeps the rest', async () => {
    const old = serverCertificate(undefined, { ...rsaOf(1024), days: 3650, digest: 'sha1' });
    expect(await device({ roots: [old] }).get(await serving(old))).toBe(200);
    const other = serverCertificate(undefined, { subjectAltName: { dNSName: 'mdm.test' } });
    await expect(device({ roots: [other] }).get(await serving(other))).rejects.toMatchObject({ code: 'TLS_NAME' });
    await expect(device().get(await serving(old))).rejects.toMatchObject({ code: 'TLS_UNTRUSTED' });
  });

  it.each([
    ['a weak key', () => rsaOf(1024), 'TLS_KEY'],
    ['SHA-1', () => ({ digest: 'sha1' }) as const, 'TLS_DIGEST'],
    ['another usage', () => ({ extendedKeyUsage: ['clientAuth'] }) as const, 'TLS_USAGE'],
    ['no right to issue', () => ({ ca: false }), 'TLS_CERTIFICATE'],
    ['no right to sign certificates', () => ({ keyUsage: ['digitalSignature'] }) as const, 'TLS_UNTRUSTED'],
  ] as const)('below an authority with %s is refused for that', async (_, wanted, code) => {
    const root = authority();
    const between = authority('Between', { issuer: root, ...wanted() });
    const server = await serving(serverCertificate(between), [between]);
    await expect(device({ roots: [root] }).get(server)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(/“Between”/),
    });
  });

  it('below more authorities than one of them allows is refused', async () => {
    const root = authority();
    const first = authority('First', { issuer: root, ca: { pathLength: 0 } });
    const second = authority('Second', { issuer: first });
    const server = await serving(serverCertificate(second), [second, first]);
    await expect(device({ roots: [root] }).get(server)).rejects.toMatchObject({
      code: 'TLS_CERTIFICATE',
      message: expect.stringMatching(/“First”.* allows 0 authorities below itself, and there are 1/),
    });
  });

  it('below a root with a weak key is refused, and that root’s own signature is nobody’s concern', async () => {
    const weak = authority('Weak', rsaOf(1024));
    await expect(device({ roots: [weak] }).get(await serving(serverCertificate(weak)))).rejects.toMatchObject({
      code: 'TLS_KEY',
    });
    const sha1 = authority('SHA-1', { digest: 'sha1' });
    expect(await device({ roots: [sha1] }).get(await serving(serverCertificate(sha1)))).toBe(200);
  });

  it('whose authority the server does not send is refused with the name of that authority', async () => {
    const root = authority();
    const between = authority('Between', { issuer: root });
    const leaf = serverCertificate(between);
    const stage = device({ roots: [root] });
    const refused = await serving(leaf);
    await expect(stage.get(refused)).rejects.toMatchObject({
      code: 'TLS_UNTRUSTED',
      message: expect.stringMatching(/no authority “Between”, and the server sends no certificate of it that may/),
      hint: expect.stringMatching(/^Let the server send/),
    });
    expect(await stage.get(await serving(leaf, [between]))).toBe(200); // the refusal was not remembered
    // An authority that another has signed is no end of a chain, though a profile brought it.
    await expect(device({ roots: [between] }).get(refused)).rejects.toMatchObject({ code: 'TLS_UNTRUSTED' });
  });

  it('below an unknown root is refused with the root’s name, and a hint for that alone', async () => {
    const root = authority('Unknown root');
    const server = await serving(serverCertificate(root), [root]);
    await expect(device().get(server)).rejects.toMatchObject({
      code: 'TLS_UNTRUSTED',
      message: expect.stringMatching(/no root “Unknown root”/),
      hint: expect.stringMatching(/enrollment profile.*--ca FILE/),
    });
    const namesake = authority('Unknown root');
    await expect(device({ roots: [namesake] }).get(server)).rejects.toMatchObject({ code: 'TLS_UNTRUSTED' });
  });
});

describe('the device’s own clock', () => {
  const in2030 = Date.UTC(2030, 5, 1);

  it('says whether a certificate is valid, whatever OpenSSL’s says', async () => {
    const root = authority();
    const server = await serving(serverCertificate(root, { notBefore: new Date(in2030 - dayMs) }), [root]);
    expect(await device({ roots: [root], deviceNow: () => in2030 }).get(server)).toBe(200);
    await expect(device({ roots: [root] }).get(server)).rejects.toMatchObject({
      code: 'TLS_EXPIRED',
      message: expect.stringMatching(/“localhost” is valid from 2030-05-31T00:00:00.000Z to 2030-06-30.*clock it is/),
      hint: expect.stringMatching(/device’s own clock/),
    });
  });

  it('is looked at for every authority above, and another way to the root is taken where one has expired', async () => {
    const root = authority();
    const old = authority('Between', { issuer: root, notAfter: new Date(in2030 - dayMs) });
    const renewed = authority('Between', { issuer: root, key: old.key, publicKey: publicOf(old) });
    const leaf = serverCertificate(old, { notBefore: new Date(in2030 - dayMs) });
    const expired = device({ roots: [root], deviceNow: () => in2030 });
    await expect(expired.get(await serving(leaf, [old]))).rejects.toMatchObject({
      code: 'TLS_EXPIRED',
      message: expect.stringMatching(/“Between”/),
    });
    expect(await expired.get(await serving(leaf, [renewed]))).toBe(200);
    const oldRoot = authority('Root', { notAfter: new Date(in2030 - dayMs) });
    const newRoot = authority('Root', { key: oldRoot.key, publicKey: publicOf(oldRoot) });
    const below = await serving(serverCertificate(oldRoot, { notBefore: new Date(in2030 - dayMs) }));
    expect(await device({ roots: [oldRoot, newRoot], deviceNow: () => in2030 }).get(below)).toBe(200);
  });

  it('is looked at again when it has moved: at a new connection, and at a TLS session that is resumed', async () => {
    const root = authority();
    const resumed: boolean[] = [];
    const server = await serving(serverCertificate(root), [root], {
      listener: (request, response) => {
        if (request.socket instanceof TLSSocket) resumed.push(request.socket.isSessionReused());
        response.setHeader('connection', 'close').end('ok');
      },
    });
    let now = Date.now();
    const { http, trust } = device({ roots: [root], deviceNow: () => now });
    const session = http.open({ server: trust });
    onTestFinished(() => session.close());
    const get = () => session.request({ method: 'GET', url: server.origin });
    for (let count = 0; count < 3; count++) await get();
    expect(resumed).toContain(true);
    now += 60 * dayMs;
    await expect(get()).rejects.toMatchObject({ code: 'TLS_EXPIRED' });
    await expect(get()).rejects.toMatchObject({ code: 'TLS_EXPIRED' });
    now -= 60 * dayMs;
    expect((await get()).status).toBe(200);
    expect(server.requests()).toBe(4);
  });
});

describe('a root that is trusted by hand', () => {
  it('is told, once for each server and device: a phone would not have trusted it', async () => {
    const root = authority('By hand');
    const server = await serving(serverCertificate(root), [root]);
    const stage = device({ ca: root.pem });
    for (let session = 0; session < 2; session++) expect(await stage.get(server)).toBe(200);
    expect(stage.told).toEqual([
      {
        type: 'trouble',
        code: 'TLS_UNTRUSTED',
        message: `a real device would not trust ${server.origin}: only --ca makes its root “By hand” trusted`,
        hint: expect.stringMatching(/enrollment profile/),
        about: server.origin,
      },
    ]);
  });

  it('is not told where the profile brought it too', async () => {
    const root = authority();
    const stage = device({ ca: root.pem, roots: [root] });
    expect(await stage.get(await serving(serverCertificate(root), [root]))).toBe(200);
    expect(stage.told).toEqual([]);
  });
});

describe('below a public root', () => {
  it('each of those that Node carries is one, and a root of ours is none', () => {
    const anchors = publicAnchors();
    const [first = '', last = ''] = [rootCertificates[0], rootCertificates.at(-1)];
    expect([first, last].map((pem) => anchors.holds(known(new X509Certificate(pem).raw)))).toEqual([true, true]);
    expect(rootCertificates.filter((pem) => !anchors.holds(known(new X509Certificate(pem).raw)))).toEqual([]);
    expect(anchors.holds(known(authority().certificate))).toBe(false);
  });

  const rulesOf = (wanted: Parameters<typeof serverCertificate>[1]) => {
    const root = authority();
    const chain = [serverCertificate(root, wanted), root].map(({ certificate }) => known(certificate));
    const judged = { host: 'localhost', chain, rules: iosServerRules };
    const codes = (roots: 'public' | 'installed') => brokenRules({ ...judged, roots }).map(({ code }) => code);
    return [codes('public'), codes('installed')];
  };
  const [march2018, september2020] = [new Date('2018-03-01T00:00:00Z'), new Date('2020-09-01T00:00:00Z')];

  it('398 days are the most since September 2020, 825 since March 2018', () => {
    expect(rulesOf({ notBefore: september2020, days: 398 })).toEqual([[], []]);
    expect(rulesOf({ notBefore: september2020, days: 399 })).toEqual([['TLS_VALIDITY'], []]);
    expect(rulesOf({ notBefore: new Date(september2020.getTime() - 1000), days: 825 })).toEqual([[], []]);
    expect(rulesOf({ notBefore: march2018, days: 826 })).toEqual([['TLS_VALIDITY'], []]);
    expect(rulesOf({ notBefore: new Date(march2018.getTime() - 1000), days: 2000 })).toEqual([[], []]);
  });

  it('serverAuth is asked for, and no other usage stands for it', () => {
    expect(rulesOf({ extendedKeyUsage: [] })).toEqual([['TLS_USAGE'], []]);
    expect(rulesOf({ extendedKeyUsage: ['clientAuth', 'serverAuth'] })).toEqual([[], []]);
  });

  it('and below any, an EC key is on one of the three curves that iOS has', () => {
    for (const namedCurve of ['secp224r1', 'secp256k1'])
      expect(rulesOf(keysOf(generateKeyPairSync('ec', { namedCurve })))).toEqual([['TLS_KEY'], ['TLS_KEY']]);
    for (const namedCurve of ['P-256', 'P-384', 'P-521'])
      expect(rulesOf(keysOf(generateKeyPairSync('ec', { namedCurve })))).toEqual([[], []]);
  });
});

const keysOf = ({ publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject }) => ({
  publicKey,
  key: privateKey,
});

const publicOf = ({ certificate }: Made) => new X509Certificate(certificate).publicKey;

describeWith('openssl')('a certificate that openssl made', () => {
  /** A root and a leaf below it with these extensions, for localhost and 127.0.0.1. */
  function made(ofRoot: readonly string[], ofLeaf: readonly string[]): { readonly root: Made; readonly leaf: Made } {
    const folder = temporaryFolder();
    const run = (args: readonly string[]) => openssl(args.map((arg) => arg.replace(/^@/, `${folder}/`))).toString();
    const each = (extensions: readonly string[]) => extensions.flatMap((extension) => ['-addext', extension]);
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    run([
      'req',
      '-x509',
      ...key,
      '-keyout',
      '@ca.key',
      '-out',
      '@ca.pem',
      '-days',
      '30',
      '-subj',
      '/CN=CA',
      ...each(ofRoot),
    ]);
    const below = ['-CA', '@ca.pem', '-CAkey', '@ca.key', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    run([
      'req',
      '-x509',
      ...key,
      '-keyout',
      '@s.key',
      '-out',
      '@s.pem',
      '-days',
      '30',
      '-subj',
      '/O=X/CN=s',
      ...below,
      ...each(ofLeaf),
    ]);
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    return { root: fromPem(read('ca.pem'), read('ca.key')), leaf: fromPem(read('s.pem'), read('s.key')) };
  }

  const notCa = 'basicConstraints=critical,CA:FALSE';
  it.each([
    [[], [notCa], undefined],
    [[], [notCa, 'extendedKeyUsage=serverAuth,clientAuth'], undefined],
    [[], [notCa, 'extendedKeyUsage=anyExtendedKeyUsage'], undefined],
    [[], [notCa, 'extendedKeyUsage=nsSGC'], undefined],
    [[], [notCa, 'extendedKeyUsage=emailProtection'], 'TLS_USAGE'],
    [[], [notCa, '1.2.3.4=critical,ASN1:NULL'], 'TLS_CERTIFICATE'],
    [[], [notCa, '1.2.3.4=ASN1:NULL'], undefined],
    [['nameConstraints=permitted;DNS:localhost,permitted;IP:127.0.0.0/255.0.0.0'], [notCa], undefined],
    [['nameConstraints=critical,permitted;DNS:example.com'], [notCa], 'TLS_CERTIFICATE'],
    [['nameConstraints=excluded;DNS:localhost'], [notCa], 'TLS_CERTIFICATE'],
    [['nameConstraints=permitted;IP:10.0.0.0/255.0.0.0'], [notCa], 'TLS_CERTIFICATE'],
    [['nameConstraints=excluded;IP:127.0.0.1/255.255.255.255'], [notCa], 'TLS_CERTIFICATE'],
  ] as const)('with %j and %j: %s', async (ofRoot, ofLeaf, code) => {
    const { root, leaf } = made(ofRoot, ofLeaf);
    const got = device({ roots: [root] }).get(await serving(leaf, [root]));
    if (code === undefined) expect(await got).toBe(200);
    else await expect(got).rejects.toMatchObject({ code });
  });
});
