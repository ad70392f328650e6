// Networks in neutral words, both ways. How certificates are called there and here is told by the caller.
import { isUtf8 } from 'node:buffer';
import { protocolError } from '../errors.js';
import type { WifiEap, WifiProfile } from '../vocabulary.js';
import type { OncClientCertificate, OncEap, OncInner, OncNetwork, OncOuter } from './types.js';

/** What stands in the document for certificate profiles. */
interface OncNames {
  readonly guid: string;
  /** The GUID of the authority that this profile is. Undefined: none. */
  authority(name: string): string | undefined;
  /** The client's certificate that this profile is. */
  client(name: string): OncClientCertificate | undefined;
}

const outers: Partial<Record<WifiEap['types'][number], OncOuter>> = { tls: 'EAP-TLS', peap: 'PEAP', ttls: 'EAP-TTLS' };
const inners: Partial<Record<NonNullable<WifiEap['innerAuthentication']>, OncInner>> = {
  pap: 'PAP',
  mschapv2: 'MSCHAPv2',
};

/** Throws ONC_REFUSED for what ONC has no word for. `WPA-PSK` is written for every personal network, WPA3's too. */
export function networkOf(profile: WifiProfile, names: OncNames): OncNetwork {
  const { name, ssid, hidden, autoJoin, security, passphrase, eap } = profile;
  const refuse = (why: string) => protocolError('ONC_REFUSED', `profile "${name}": ${why}`);
  const common = { guid: names.guid, name, ssid: Buffer.from(ssid, 'utf8'), hidden, autoConnect: autoJoin };
  if (security === 'none') return { ...common, security: 'None' };
  if (eap === undefined) {
    if (passphrase === undefined) throw refuse('there is no passphrase');
    return { ...common, security: security === 'wep' ? 'WEP-PSK' : 'WPA-PSK', passphrase };
  }
  if (security === 'wep') throw refuse('Android has no WEP with EAP');
  const type = eap.types.find((each) => outers[each] !== undefined);
  const outer = type && outers[type];
  if (outer === undefined) throw refuse('Android’s networks have none of its EAP methods');
  const is192 = security === 'wpa3' && outer === 'EAP-TLS';
  return { ...common, security: is192 ? 'WPA3-Enterprise_192' : 'WPA-EAP', eap: eapOf(eap, outer, names, refuse) };
}

type Refuse = (why: string) => Error;

function eapOf(eap: WifiEap, outer: OncOuter, names: OncNames, refuse: Refuse): OncEap {
  const { username, password, innerAuthentication, identity, anchors = [], serverNames = [] } = eap;
  const inner = innerAuthentication && inners[innerAuthentication];
  if (outer !== 'EAP-TLS' && innerAuthentication !== undefined && inner === undefined)
    throw refuse(`Android’s networks have no ${innerAuthentication} inside`);
  const client = identity === undefined ? undefined : names.client(identity);
  if (identity !== undefined && client === undefined) throw refuse(`certificate "${identity}" is not there`);
  return {
    outer,
    ...(inner === undefined || outer === 'EAP-TLS' ? {} : { inner }),
    ...(username === undefined ? {} : { identity: username }),
    ...(password === undefined ? {} : { password }),
    serverCaRefs: anchors.map((anchor) => {
      const guid = names.authority(anchor);
      if (guid === undefined) throw refuse(`certificate "${anchor}" is not there`);
      return guid;
    }),
    ...(client === undefined ? {} : { client }),
    domainSuffixMatch: serverNames.map((server) => server.replace(/^\*\./, '')),
  };
}

/** What certificate profiles are called that stand in the document. */
export interface ProfileNames {
  readonly name: string;
  authority(guid: string): string;
  client(client: OncClientCertificate): string;
}

/** A network in neutral words. Octets of a name that are no UTF-8 are shown as Latin-1. */
export function profileOf(network: OncNetwork, names: ProfileNames): WifiProfile {
  const { security, passphrase, hidden, autoConnect, eap } = network;
  const octets = Buffer.from(network.ssid);
  return {
    kind: 'wifi',
    name: names.name,
    ssid: octets.toString(isUtf8(octets) ? 'utf8' : 'latin1'),
    hidden,
    autoJoin: autoConnect,
    security: securities[security],
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(eap === undefined ? {} : { eap: neutralEap(eap, names) }),
  };
}

const securities = {
  None: 'none',
  'WEP-PSK': 'wep',
  'WPA-PSK': 'wpa2',
  'WPA-EAP': 'wpa2',
  'WPA3-Enterprise_192': 'wpa3',
} as const;
const types = { 'EAP-TLS': 'tls', PEAP: 'peap', 'EAP-TTLS': 'ttls' } as const;

function neutralEap({ outer, inner, identity, password, ...rest }: OncEap, names: ProfileNames): WifiEap {
  const { client, serverCaRefs, domainSuffixMatch } = rest;
  return {
    types: [types[outer]],
    ...(identity === undefined ? {} : { username: identity }),
    ...(password === undefined ? {} : { password }),
    ...(inner === undefined ? {} : { innerAuthentication: inner === 'PAP' ? 'pap' : 'mschapv2' }),
    ...(client === undefined ? {} : { identity: names.client(client) }),
    ...(serverCaRefs.length === 0 ? {} : { anchors: [...new Set(serverCaRefs.map((ref) => names.authority(ref)))] }),
    serverNames: domainSuffixMatch,
  };
}
