import { describe, expect, it } from 'vitest';
import { profileOfOpenvpn, readOpenvpn, writeOpenvpn } from '../../../protocol/app-config/openvpn.js';
import {
  profileOfWireguard,
  readWireguard,
  wireguardOf,
  writeWireguard,
} from '../../../protocol/app-config/wireguard.js';
import type { VpnProfile } from '../../../protocol/vocabulary.js';
import { writePem } from '../../../protocol/x509/pem.js';
import { selfSigned } from '../../support/self-signed.js';

const key = (octet: number): string => Buffer.alloc(32, octet).toString('base64');
// The form of wg-quick(8)'s own example, with addresses of documentation.
const wireguard = `# a comment
[Interface]
PrivateKey = ${key(1)}   # mine
address=192.0.2.2/24
Address = fd00::2/64
DNS = 192.0.2.1, corp.example
MTU = 1420

[peer]
PublicKey = ${key(2)}
PresharedKey = ${key(3)}
AllowedIPs = 0.0.0.0/0, ::/0
Endpoint = [2001:db8::1]:51820
PersistentKeepalive = off
`;

describe('a WireGuard file', () => {
  it('is read as the app reads it, and written so', () => {
    const config = readWireguard(wireguard);
    expect(config).toEqual({
      privateKey: key(1),
      addresses: ['192.0.2.2/24', 'fd00::2/64'],
      dns: ['192.0.2.1', 'corp.example'],
      mtu: 1420,
      peers: [
        {
          publicKey: key(2),
          presharedKey: key(3),
          allowedIps: ['0.0.0.0/0', '::/0'],
          endpoint: '[2001:db8::1]:51820',
          persistentKeepalive: 0,
        },
      ],
    });
    expect(readWireguard(writeWireguard(config))).toEqual(config);
    const profile = profileOfWireguard(config, 'n', 'corp');
    expect(profileOfWireguard(wireguardOf(profile), 'n', 'corp')).toEqual(profile);
  });

  it.each([
    ['PostUp = rm -rf /', 'PostUp is not taken by the app'],
    ['Table = off', 'Table is not taken by the app'],
    ['PrivateKey = short', 'is no key of 32 octets'],
    ['ListenPort = 70000', 'is no number'],
    ['Address = 192.0.2.300/24', 'is no address'],
    ['Address = 192.0.2.1/33', 'is no address'],
    ['nonsense', 'is no key with a value'],
  ])('with %s in its [Interface] is refused', (line, reason) => {
    expect(() => readWireguard(`[Interface]\nPrivateKey = ${key(1)}\n${line}\n`)).toThrow(reason);
  });

  it('without a peer that can be reached is no whole tunnel', () => {
    const own = `[Interface]\nPrivateKey = ${key(1)}\nAddress = 192.0.2.2/32\n`;
    const peer = `[Peer]\nPublicKey = ${key(2)}\n`;
    expect(() => readWireguard(`${own}[Peer]\nAllowedIPs = ::/0\n`)).toThrow('PublicKey: is missing');
    expect(() => readWireguard(`${own}${peer}Endpoint = host\n`)).toThrow('Endpoint: has no port');
    expect(() => profileOfWireguard(readWireguard(`${own}${peer}`), 'n', 'n')).toThrow('no peer can be reached');
    expect(() => readWireguard('PrivateKey = x')).toThrow('before any section');
  });
});

const ca = selfSigned('CA').certificate;
const inline = `<ca>\n${writePem('CERTIFICATE', ca)}</ca>\n`;
// The directives of OpenVPN's own sample-config-files/client.conf, with its files inline.
const client = `##############################################
; a comment
client
dev tun
proto udp
remote my-server-1 1194
;remote my-server-2 1194
resolv-retry infinite
nobind
persist-key
persist-tun
remote-cert-tls server
tls-auth [inline] 1
cipher AES-256-CBC
verb 3
auth-user-pass
<tls-auth>
-----BEGIN OpenVPN Static key V1-----
-----END OpenVPN Static key V1-----
</tls-auth>
${inline}`;
const names = { name: 'n', connectionName: 'corp', app: 'net.openvpn.openvpn', certificate: (alias: string) => alias };
const profileOf = (text: string) => profileOfOpenvpn(readOpenvpn(text), names);
const vpn: VpnProfile = {
  kind: 'vpn',
  name: 'n',
  connectionName: 'corp',
  protocol: 'app',
  app: 'net.openvpn.openvpn',
  server: 'vpn.example:443',
  authentication: 'password-and-certificate',
  certificate: 'a "key"',
  username: 'me',
  password: 'a\\b # c',
};

describe('an OpenVPN file', () => {
  it('is read as OpenVPN writes its samples', () => {
    expect(profileOf(client)).toMatchObject({ server: 'my-server-1:1194', authentication: 'password' });
    expect(readOpenvpn('setenv FORWARD "a \\"b\\" c" \'d e\' # f\n').directives).toEqual([
      { name: 'setenv', arguments: ['FORWARD', 'a "b" c', 'd e'] },
    ]);
  });

  it('is read as it was written', () => {
    expect(profileOf(writeOpenvpn(vpn, ca, (name) => name))).toEqual(vpn);
  });

  it.each([
    'up /bin/sh',
    'script-security 2',
    'route-up "curl http://x"',
    'plugin /lib/x.so',
    'tls-verify x',
    'auth-user-pass-verify x via-env',
    '--down x',
    'management 0.0.0.0 1',
    'log /etc/passwd',
    'config other.ovpn',
    'server 10.0.0.0 255.0.0.0',
    'ca /etc/ssl/ca.pem',
    'pkcs12 x.p12',
    'Up x',
    '"unfinished',
    '<evil>\n</evil>',
    '<key>\nno end',
    '<connection>\nup x\n</connection>',
  ])('with %s is refused', (line) => {
    expect(() => readOpenvpn(`${client}${line}\n`)).toThrow(expect.objectContaining({ code: 'APP_CONFIG_REFUSED' }));
  });

  it.each([
    ['client\n', 'client: is missing'],
    ['dev tun\n', 'dev: is missing'],
    ['remote my-server-1 1194\n', 'remote: is missing'],
    [inline, 'ca: is missing'],
    ['auth-user-pass\n', 'auth-user-pass: is missing'],
  ])('without %j is no whole tunnel', (part, reason) => {
    expect(() => profileOf(client.replace(`\n${part}`, '\n'))).toThrow(reason);
  });

  it('signs in by what it brings', () => {
    const identity = `<cert>\n${writePem('CERTIFICATE', ca)}</cert>\n<key>\nx\n</key>\n`;
    expect(profileOf(client + identity).authentication).toBe('password-and-certificate');
    expect(profileOf(client.replace('auth-user-pass\n', '') + identity).authentication).toBe('certificate');
    expect(() => profileOf(`${client}<cert>\n${writePem('CERTIFICATE', ca)}</cert>\n`)).toThrow('key: is missing');
    expect(() => profileOf(client.replace('BEGIN CERT', 'BEGIN'))).toThrow('ca: holds no certificate');
    expect(() => profileOf(client.replace('1194', '99999'))).toThrow('remote');
  });
});
