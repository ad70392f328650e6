// Documents in CSP nodes with wounds: a refusal of ours, or a value that is written, read again and the same.
import { expect, it } from 'vitest';
import { RollcallError } from '../../base/errors.js';
import { type EapHostConfig, readEapHostConfig, writeEapHostConfig } from '../../protocol/csp/eap.js';
import { readMsiInstallJob, writeMsiInstallJob } from '../../protocol/csp/msi-install-job.js';
import { readSubjectName } from '../../protocol/csp/subject-name.js';
import { readVpnProfile, writeVpnProfile } from '../../protocol/csp/vpn-profile.js';
import { readWlanProfile, type WlanProfile, writeWlanProfile } from '../../protocol/csp/wlan-profile.js';
import { computedMs } from '../support/computed.js';
import { inputsPerCodec, keepsLittle, randomOf, seed, wound } from './law.js';

const slowestMs = 2_000;

const server = {
  isPerformed: true,
  isPromptDisabled: true,
  serverNames: ['a.example', 'b.example'],
  trustedRoots: ['0A1B2C3D4E5F60718293A4B5C6D7E8F900112233'],
};
const tls: EapHostConfig = { type: 13, authorId: 0, server, issuers: server.trustedRoots };
const peap: EapHostConfig = { type: 25, authorId: 0, server, inner: tls, anonymousIdentity: 'x' };
const ttls: EapHostConfig = { type: 21, authorId: 311, server, phase2: 'mschapv2', anonymousIdentity: 'x' };
const open: WlanProfile = {
  name: 'Corp',
  ssid: Buffer.from('Corp'),
  nonBroadcast: false,
  connectionType: 'ESS',
  connectionMode: 'auto',
  authentication: 'open',
  encryption: 'none',
  useOneX: false,
};
const sharedKey = { keyType: 'passPhrase', isProtected: false, keyMaterial: 'correct horse' } as const;
const rest = { alwaysOn: true, deviceTunnel: false, rememberCredentials: true, routes: [] };

const files = [
  writeWlanProfile(open),
  writeWlanProfile({ ...open, authentication: 'WPA2PSK', encryption: 'AES', sharedKey }),
  writeWlanProfile({ ...open, authentication: 'WPA2', encryption: 'AES', useOneX: true, oneX: { eap: tls } }),
  writeWlanProfile({ ...open, authentication: 'WPA3ENT', encryption: 'AES', useOneX: true, oneX: { eap: peap } }),
  writeEapHostConfig(ttls),
  writeEapHostConfig(peap),
  writeVpnProfile({ ...rest, native: { servers: 'a;b', protocol: 'IKEv2', userMethod: 'Eap', eap: peap } }),
  writeVpnProfile({ ...rest, native: { servers: 'a', protocol: 'L2TP', l2tpPsk: 'hush' } }),
  writeVpnProfile({ ...rest, plugin: { serverUrls: 'a', packageFamilyName: 'b' } }),
  writeMsiInstallJob({
    id: '{9BD4F7CD-880A-40B5-B74C-1BEECB51E596}',
    version: '1.0',
    contentUrls: ['https://files.example/a.msi', 'http://b.example/?c=d'],
    fileHash: 'AB'.repeat(32),
    commandLine: '/quiet A="b"',
    timeOutMinutes: 5,
    retryCount: 3,
    retryIntervalMinutes: 5,
    downloadFromAad: true,
  }),
  'CN=device, OU="a, ""b"""+O=c; OID.1.2.3=x',
].map((text) => Buffer.from(text));

// biome-ignore format: a table
const words = [
  '<', '>', '</', '/>', '<![CDATA[', ']]>', '<!--', '-->', '<!DOCTYPE x [', '<?x?>', '&#0;', '&amp;', '&x;', 'xmlns="', '""', '"', '=', '+', ',', ';',
  'keyMaterial', 'true', 'false', 'constructor', '__proto__', 'WPA2', 'WEP', 'useOneX', 'hex', '13', '25', '999999999999', '-1', '\0', '😀', '\ufeff',
].map((text) => Buffer.from(text));

const pair =
  <T>(read: (text: string) => T, write: (value: T) => string) =>
  (text: string): (() => void) => {
    const value = read(text);
    return () => expect(read(write(value))).toEqual(value);
  };
const readers: readonly ((text: string) => () => void)[] = [
  pair(readWlanProfile, writeWlanProfile),
  pair(readEapHostConfig, writeEapHostConfig),
  pair(readVpnProfile, writeVpnProfile),
  pair(readMsiInstallJob, writeMsiInstallJob),
  (text) => {
    readSubjectName(text);
    return () => {};
  },
];

/** How many of the readers took it. */
function check(text: string): number {
  let accepted = 0;
  for (const [index, read] of readers.entries()) {
    const told = () => `reader ${index}, FUZZ_SEED=${seed}: ${Buffer.from(text).toString('base64').slice(0, 6000)}`;
    const begun = computedMs();
    let again: () => void;
    try {
      again = read(text);
    } catch (error) {
      if (!(error instanceof RollcallError)) throw new Error(`a foreign error: ${told()}`, { cause: error });
      continue;
    } finally {
      const ms = computedMs() - begun;
      if (ms > slowestMs) expect.fail(`${ms} ms for ${told()}`);
    }
    accepted++;
    try {
      again();
    } catch (error) {
      throw new Error(`not the same when written again: ${told()}`, { cause: error });
    }
  }
  return accepted;
}

it('every wounded document is read the same again, or refused with an error of ours', () => {
  const random = randomOf(seed);
  for (const file of files) expect(check(file.toString('utf8'))).toBeGreaterThan(0);
  let accepted = 0;
  keepsLittle(() => {
    for (let turn = 0; turn < inputsPerCodec; turn++) {
      const original = files[random(files.length)] ?? Buffer.alloc(0);
      accepted += check(wound(original, { others: files, words, random }).toString('utf8'));
    }
  });
  expect(accepted).toBeGreaterThan(inputsPerCodec / 100);
});
