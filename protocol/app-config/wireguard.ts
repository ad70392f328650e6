// WireGuard's configuration files, as its Android app reads them: what it does not know (`PostUp` and such) it refuses.
import { isIP, isIPv6 } from 'node:net';
import type { VpnProfile } from '../vocabulary.js';
import { hostAndPort, refused } from './names.js';

export const wireguardPackage = 'com.wireguard.android';

interface WireguardPeer {
  readonly publicKey: string;
  readonly presharedKey?: string;
  readonly allowedIps: readonly string[];
  readonly endpoint?: string;
  readonly persistentKeepalive?: number;
}

interface WireguardConfig {
  readonly privateKey: string;
  readonly addresses: readonly string[];
  readonly dns: readonly string[];
  readonly listenPort?: number;
  readonly mtu?: number;
  readonly peers: readonly WireguardPeer[];
}

const longest = 256 * 1024;
const mostLines = 10_000;
const mostPeers = 1000;
const mostItems = 10_000;

type Section = Map<string, string>;

/** Every key once for each section, but for lists, whose lines add up. */
const lists = ['address', 'dns', 'allowedips', 'includedapplications', 'excludedapplications'];
const known = {
  interface: ['privatekey', 'listenport', 'mtu', 'address', 'dns', 'includedapplications', 'excludedapplications'],
  peer: ['publickey', 'presharedkey', 'allowedips', 'endpoint', 'persistentkeepalive'],
} as const;

/** Does a file look like one: it has an [Interface]. */
export const looksLikeWireguard = (text: string): boolean => /^[ \t]*\[interface\]/im.test(text.slice(0, longest));

/** Throws APP_CONFIG_REFUSED with the line, for what the app refuses. */
export function readWireguard(text: string): WireguardConfig {
  if (text.length > longest) throw refused('file', `has more than ${longest} characters`);
  const { own, peers } = sectionsOf(text);
  if (own === undefined) throw refused('file', 'has no [Interface]');
  const port = numberIn(own, 'listenport', 65_535);
  const mtu = numberIn(own, 'mtu', 65_535);
  return {
    privateKey: keyIn(own, 'privatekey') ?? missing('PrivateKey'),
    addresses: listIn(own, 'address', isNetwork, 'no address'),
    dns: listIn(own, 'dns', (each) => /^[^\s/]{1,253}$/.test(each), 'no server'),
    ...(port === undefined ? {} : { listenPort: port }),
    ...(mtu === undefined ? {} : { mtu }),
    peers: peers.map(peerOf),
  };
}

function missing(key: string): never {
  throw refused(key, 'is missing');
}

function peerOf(section: Section): WireguardPeer {
  const presharedKey = keyIn(section, 'presharedkey');
  const endpoint = section.get('endpoint');
  if (endpoint !== undefined && hostAndPort(endpoint, 'Endpoint').port === undefined)
    throw refused('Endpoint', 'has no port');
  const keepalive = section.get('persistentkeepalive');
  const every = keepalive?.toLowerCase() === 'off' ? 0 : numberIn(section, 'persistentkeepalive', 65_535);
  return {
    publicKey: keyIn(section, 'publickey') ?? missing('PublicKey'),
    ...(presharedKey === undefined ? {} : { presharedKey }),
    allowedIps: listIn(section, 'allowedips', isNetwork, 'no network'),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(every === undefined ? {} : { persistentKeepalive: every }),
  };
}

function sectionsOf(text: string): { readonly own: Section | undefined; readonly peers: readonly Section[] } {
  const peers: Section[] = [];
  let own: Section | undefined;
  let here: { readonly kind: keyof typeof known; readonly values: Section } | undefined;
  for (const [number, raw] of text.split(/\r\n|\r|\n/, mostLines + 1).entries()) {
    const at = `line ${number + 1}`;
    if (number === mostLines) throw refused(at, `is one of more than ${mostLines}`);
    const line = (raw.split('#', 1)[0] ?? '').trim();
    if (line === '') continue;
    if (/^\[interface\]$/i.test(line)) {
      own ??= new Map();
      here = { kind: 'interface', values: own };
    } else if (/^\[peer\]$/i.test(line)) {
      if (peers.length === mostPeers) throw refused(at, `is one of more than ${mostPeers} peers`);
      const values: Section = new Map();
      peers.push(values);
      here = { kind: 'peer', values };
    } else attribute(line, at, here);
  }
  return { own, peers };
}

function attribute(
  line: string,
  at: string,
  here: { readonly kind: keyof typeof known; readonly values: Section } | undefined,
): void {
  const split = line.indexOf('=');
  const name = (split < 0 ? line : line.slice(0, split)).trim();
  const value = split < 0 ? '' : line.slice(split + 1).trim();
  if (here === undefined) throw refused(at, 'stands before any section');
  if (!/^\w{1,60}$/.test(name) || value === '') throw refused(at, 'is no key with a value');
  const key = name.toLowerCase();
  const keys: readonly string[] = known[here.kind];
  if (!keys.includes(key)) throw refused(at, `${name} is not taken by the app`);
  const before = here.values.get(key);
  here.values.set(key, before !== undefined && lists.includes(key) ? `${before},${value}` : value);
}

/** Curve25519: 32 octets in base64. */
function keyIn(section: Section, key: string): string | undefined {
  const value = section.get(key);
  if (value === undefined) return undefined;
  if (!/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/.test(value)) throw refused(key, 'is no key of 32 octets in base64');
  return value;
}

function numberIn(section: Section, key: string, most: number): number | undefined {
  const value = section.get(key);
  if (value === undefined) return undefined;
  if (!/^\d{1,5}$/.test(value) || Number(value) > most) throw refused(key, 'is no number that it may be');
  return Number(value);
}

function listIn(section: Section, key: string, fits: (item: string) => boolean, what: string): readonly string[] {
  const value = section.get(key);
  if (value === undefined) return [];
  const items = value.split(',', mostItems).map((each) => each.trim());
  const wrong = items.find((each) => !fits(each));
  if (wrong !== undefined) throw refused(key, `"${wrong.slice(0, 60)}" is ${what}`);
  return items;
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  if (isIP(address) === 0 || address.includes('%') || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isIPv6(address) ? 128 : 32));
}

/** The file. Throws APP_CONFIG_REFUSED for what `readWireguard` would not give back. */
export function writeWireguard({ privateKey, addresses, dns, listenPort, mtu, peers }: WireguardConfig): string {
  const line = (key: string, value: string | number | undefined) => (value === undefined ? [] : [`${key} = ${value}`]);
  const list = (key: string, items: readonly string[]) => (items.length === 0 ? [] : [`${key} = ${items.join(', ')}`]);
  const own = [
    ...line('PrivateKey', privateKey),
    ...list('Address', addresses),
    ...list('DNS', dns),
    ...line('ListenPort', listenPort),
    ...line('MTU', mtu),
  ];
  const others = peers.map((peer) =>
    [
      '[Peer]',
      ...line('PublicKey', peer.publicKey),
      ...line('PresharedKey', peer.presharedKey),
      ...list('AllowedIPs', peer.allowedIps),
      ...line('Endpoint', peer.endpoint),
      ...line('PersistentKeepalive', peer.persistentKeepalive),
    ].join('\n'),
  );
  const text = `${[['[Interface]', ...own].join('\n'), ...others].join('\n\n')}\n`;
  readWireguard(text);
  return text;
}

/**
 * A tunnel in neutral words, by convention: the private key is the shared secret, the peer's public key the remote identifier, the
 * addresses the local one. Throws APP_CONFIG_REFUSED for a file without a peer that can be reached.
 */
export function profileOfWireguard(config: WireguardConfig, name: string, connectionName: string): VpnProfile {
  const peer = config.peers.find(({ endpoint }) => endpoint !== undefined);
  if (peer?.endpoint === undefined) throw refused('Endpoint', 'is missing: no peer can be reached');
  if (config.addresses.length === 0) throw refused('Address', 'is missing');
  return {
    kind: 'vpn',
    name,
    connectionName,
    protocol: 'app',
    app: wireguardPackage,
    server: peer.endpoint,
    authentication: 'shared-secret',
    sharedSecret: config.privateKey,
    localIdentifier: config.addresses.join(', '),
    remoteIdentifier: peer.publicKey,
  };
}

/** The other way, by the same convention: all traffic goes to the one peer. Throws APP_CONFIG_REFUSED for what is missing. */
export function wireguardOf(profile: VpnProfile): WireguardConfig {
  const { name, server, sharedSecret, localIdentifier, remoteIdentifier } = profile;
  const given = (what: string, value: string | undefined): string => {
    if (value === undefined || value === '') throw refused(`profile "${name}"`, `there is no ${what}`);
    return value;
  };
  return {
    privateKey: given('shared secret (the private key)', sharedSecret),
    addresses: given('local identifier (the addresses)', localIdentifier)
      .split(',')
      .map((each) => each.trim()),
    dns: [],
    peers: [
      {
        publicKey: given('remote identifier (the peer’s public key)', remoteIdentifier),
        allowedIps: ['0.0.0.0/0', '::/0'],
        endpoint: server,
      },
    ],
  };
}
