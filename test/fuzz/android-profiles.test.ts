// What Android's profiles are made of, with wounds: a refusal of ours, or a value that is written, read again and the same.
import { isDeepStrictEqual } from 'node:util';
import { expect, it } from 'vitest';
import { readAuthorityFile } from '../../agent/platform/android/profiles/authorities.js';
import { RollcallError } from '../../base/errors.js';
import type { JsonValue } from '../../base/json.js';
import { readCompanion, writeCompanion } from '../../protocol/app-config/companion.js';
import { readGmail, writeGmail } from '../../protocol/app-config/gmail.js';
import { profileOfOpenvpn, readOpenvpn, writeOpenvpn } from '../../protocol/app-config/openvpn.js';
import { readOutlook, writeOutlook } from '../../protocol/app-config/outlook.js';
import {
  readStrongswan,
  strongswanProfiles,
  writeStrongswan,
  writeStrongswanProfiles,
} from '../../protocol/app-config/strongswan.js';
import { readSubject, writeSubject } from '../../protocol/app-config/subject.js';
import { readVpnApp } from '../../protocol/app-config/vpn-app.js';
import { readWireguard, writeWireguard } from '../../protocol/app-config/wireguard.js';
import { readCompanionLine, writeCompanionLine } from '../../protocol/headwind/companion.js';
import { plainOf } from '../../protocol/managed-config/bundle.js';
import { bundleOf } from '../../protocol/managed-config/read.js';
import { bundleFrom, writeManagedConfig, writeSetting } from '../../protocol/managed-config/write.js';
import { readOnc } from '../../protocol/onc/read.js';
import { writeOnc } from '../../protocol/onc/write.js';
import type { EmailProfile, VpnProfile } from '../../protocol/vocabulary.js';
import { writePem } from '../../protocol/x509/pem.js';
import { computedMs } from '../support/computed.js';
import { selfSigned } from '../support/self-signed.js';
import { inputsPerCodec, keepsLittle, randomOf, seed, wound } from './law.js';

const slowestMs = 2_000;
const { certificate: ca } = selfSigned('CA');
const key = Buffer.alloc(32, 1).toString('base64');
const mail: EmailProfile = {
  kind: 'email',
  name: 'mail',
  account: 'exchange',
  emailAddress: 'a@b.example',
  incoming: { host: 'm.example', port: 444, tls: true, authentication: 'password', username: 'a', password: 'x' },
  certificate: 'key',
};
const vpn: VpnProfile = {
  kind: 'vpn',
  name: 'vpn',
  connectionName: 'vpn',
  protocol: 'ikev2',
  server: 'v.example:500',
  authentication: 'password-and-certificate',
  certificate: 'key',
  username: 'a',
  password: 'b',
};
const alias = (name: string): string => name;
const networks = writeOnc({
  networks: [
    {
      guid: 'a',
      name: 'a',
      ssid: Buffer.from('Corp'),
      security: 'WPA-PSK',
      passphrase: 'correct horse',
      hidden: false,
      autoConnect: true,
    },
    {
      guid: 'b',
      name: 'b',
      ssid: Buffer.from([0xff]),
      security: 'WPA-EAP',
      hidden: true,
      autoConnect: false,
      eap: {
        outer: 'PEAP',
        inner: 'MSCHAPv2',
        identity: 'me',
        password: 'x',
        serverCaRefs: ['ca'],
        client: { type: 'KeyPairAlias', alias: 'key' },
        domainSuffixMatch: ['a.example'],
      },
    },
  ],
  certificates: [{ type: 'Authority', guid: 'ca', x509: ca }],
});
const { certificate: _no, ...plainMail } = mail;

const files = [
  writeManagedConfig(writeGmail(mail, alias)),
  writeManagedConfig(writeOutlook(plainMail)),
  writeManagedConfig(writeStrongswanProfiles([writeStrongswan(vpn, '6a0f7e6e-6d5b-4c9e-9d38-0d1c9b1a2b3c', alias)])),
  writeManagedConfig({ vpn_connection_name: 'x', vpn_connection_host: 'v.example' }),
  writeManagedConfig(
    writeCompanion({
      networks,
      certificates: [
        {
          type: 'scep',
          alias: 'key',
          name: 'k',
          url: 'http://ca.example',
          subject: [[['CN', 'x']]],
          keySizeBits: 2048,
        },
        { type: 'pkcs12', alias: 'p', name: 'p', path: '/p.p12', password: 'x' },
      ],
      retire: true,
    }),
  ),
  writeManagedConfig(networks),
  writeSetting('a', ['x', ' y', '']),
  writeWireguard({
    privateKey: key,
    addresses: ['192.0.2.1/24'],
    dns: ['192.0.2.1'],
    mtu: 1400,
    peers: [{ publicKey: key, allowedIps: ['::/0'], endpoint: 'w.example:1', persistentKeepalive: 25 }],
  }),
  writeOpenvpn({ ...vpn, protocol: 'app', app: 'x' }, ca, alias),
  'CN=device\\, 1,OU=a\\2bb+O=c,1.2.3=x',
  writeCompanionLine({ name: 'a', status: 'failed', reason: 'b' }),
  writePem('CERTIFICATE', ca),
].map((text) => Buffer.from(text));

// biome-ignore format: a table
const words = [
  '{', '}', '[', ']', ':', '=', '=>', ',', ';', '"', "'", '\\', '#', '//', '/*', 'null', 'true', '1.5', '5000000000', '0x', '[Interface]', '[Peer]',
  '<ca>', '</ca>', '<connection>', 'up x', 'remote', '__proto__', 'constructor', '\0', '\n', '😀', '\ufeff', '-----BEGIN ', '-----', '\\u', '\ud800',
].map((text) => Buffer.from(text));

const names = { name: 'n', connectionName: 'n', app: 'a', certificate: (name: string) => name };
const unchanged = (): void => {};
/** Far cheaper than what `expect` has for it. */
function same(one: unknown, other: unknown): void {
  if (!isDeepStrictEqual(one, other)) expect(one).toEqual(other);
}
const bundleIn = (text: string) => bundleOf([{ packageId: 'a', name: 'managedConfig', value: text }]).bundle;

/** What one text is to each reader; each gives back what makes sure that what it read is the same again. */
function readersOf(text: string): readonly (() => () => void)[] {
  const bundle = bundleIn(text);
  const plain = plainOf(bundle);
  const isEmpty = Object.keys(bundle).length === 0;
  const ofBundle = [
    () => () => same(bundleIn(writeManagedConfig(plain)), bundle),
    () => {
      const read = readOnc(plain as JsonValue);
      return () => {
        const { networks: found, certificates } = readOnc(plainOf(bundleFrom(writeOnc(read))) as JsonValue);
        same([found, certificates], [read.networks, read.certificates]);
      };
    },
    () => {
      const { certificates } = readCompanion(bundle);
      return () =>
        same(readCompanion(bundleFrom(writeCompanion({ certificates, retire: false }))).certificates, certificates);
    },
    () => {
      readGmail(bundle, names);
      return unchanged;
    },
    () => {
      readOutlook(bundle, names);
      return unchanged;
    },
    () => {
      readVpnApp(bundle, 'a', names);
      return unchanged;
    },
    () => {
      for (const { entry } of strongswanProfiles(bundle)) readStrongswan(entry, names);
      return unchanged;
    },
  ];
  return [...(isEmpty ? [] : ofBundle), ...ofText(text)];
}

const ofText = (text: string): readonly (() => () => void)[] => [
  () => {
    const rowOf = (value: string) => plainOf(bundleOf([{ packageId: 'a', name: 'a', value }]).bundle)['a'];
    const value = rowOf(text) as string | readonly string[];
    return () => same(rowOf(writeSetting('a', value)), value);
  },
  () => {
    const read = readWireguard(text);
    return () => same(readWireguard(writeWireguard(read)), read);
  },
  () => {
    profileOfOpenvpn(readOpenvpn(text), names);
    return unchanged;
  },
  () => {
    const read = readSubject(text);
    return () => same(readSubject(writeSubject(read)), read);
  },
  () => {
    const read = readCompanionLine(text);
    return () => {
      if (read !== undefined) same(readCompanionLine(writeCompanionLine(read))?.status, read.status);
    };
  },
  () => {
    readAuthorityFile(Buffer.from(text));
    return unchanged;
  },
];

function check(text: string): void {
  for (const [index, read] of readersOf(text).entries()) {
    const told = () => `reader ${index}, FUZZ_SEED=${seed}: ${Buffer.from(text).toString('base64').slice(0, 6000)}`;
    const begun = computedMs();
    let again: () => void;
    try {
      again = read();
    } catch (error) {
      if (!(error instanceof RollcallError)) throw new Error(`a foreign error: ${told()}`, { cause: error });
      continue;
    } finally {
      const ms = computedMs() - begun;
      if (ms > slowestMs) expect.fail(`${ms} ms for ${told()}`);
    }
    try {
      again();
    } catch (error) {
      throw new Error(`not the same when written again: ${told()}`, { cause: error });
    }
  }
}

it('every wounded document is read the same again, or refused with an error of ours', () => {
  const random = randomOf(seed);
  for (const file of files) check(file.toString('utf8'));
  keepsLittle(() => {
    for (let turn = 0; turn < inputsPerCodec; turn++) {
      const original = files[random(files.length)] ?? Buffer.alloc(0);
      check(wound(original, { others: files, words, random }).toString('utf8'));
    }
  });
});
