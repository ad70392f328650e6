// com.apple.vpn.managed: which dictionary goes with which VPNType, and what each method of authentication needs.
import type { PlistDict } from '../../plist/value.js';
import type { Family, Siblings } from './family.js';
import { isIdentity, type Payload } from './profile.js';
import { payloadFailed, payloadFault } from './refusals.js';
import { dictAt, dictsAt, integerAt, isOnAt, listAt, textAt } from './values.js';
import { appLayerRules, vpnRules } from './vpn-rules.js';

/** The dictionary that holds a type's settings. */
const settingsOf: Readonly<Record<string, string>> = {
  VPN: 'VPN',
  L2TP: 'PPP',
  IPSec: 'IPSec',
  IKEv2: 'IKEv2',
  AlwaysOn: 'AlwaysOn',
};

export const vpn: Family = { types: ['com.apple.vpn.managed'], rules: vpnRules, check: checkVpn };

/** A VPN for some apps: "the same fields as the VPN payload, with the addition of" these. */
export const appLayerVpn: Family = {
  types: ['com.apple.vpn.managed.applayer'],
  rules: { ...vpnRules, ...appLayerRules },
  check: checkVpn,
};

function checkVpn(payload: Payload, siblings: Siblings): void {
  const { content } = payload;
  const type = textAt(content, 'VPNType') ?? '';
  if (type === 'VPN' && (textAt(content, 'VPNSubType') ?? '') === '') throw missing(payload, 'VPNSubType');
  // "Optional and reserved for future use. If it's specified, it needs to contain an empty string."
  if (type === 'IKEv2' && (textAt(content, 'VPNSubType') ?? '') !== '')
    throw payloadFault('value', 'VPNSubType', payload);
  const key = settingsOf[type] ?? type;
  const settings = dictAt(content, key);
  if (settings === undefined) throw missing(payload, key);
  if (type === 'VPN') checkCertificate(payload, siblings, settings, 'VPN', needsCertificate(settings));
  if (type === 'L2TP') {
    if ((textAt(settings, 'CommRemoteAddress') ?? '') === '') throw missing(payload, 'PPP.CommRemoteAddress');
    const ipsec = dictAt(content, 'IPSec');
    if (ipsec !== undefined) checkCertificate(payload, siblings, ipsec, 'IPSec', needsCertificate(ipsec));
  }
  if (type === 'IPSec') {
    if ((textAt(settings, 'RemoteAddress') ?? '') === '') throw missing(payload, 'IPSec.RemoteAddress');
    checkCertificate(payload, siblings, settings, 'IPSec', needsCertificate(settings));
  }
  if (type === 'IKEv2') checkIkev2(payload, siblings, settings, 'IKEv2');
  if (type === 'AlwaysOn') checkAlwaysOn(payload, siblings, settings);
  checkOnDemand(payload, settings, key);
  checkDns(payload, siblings);
  checkProxies(payload);
}

const missing = (payload: Payload, field: string) => payloadFault('missing', field, payload);
const needsCertificate = (settings: PlistDict): boolean =>
  (textAt(settings, 'AuthenticationMethod') ?? '').includes('Certificate');

/** 15003: no certificate where the method needs one, one that is not in the profile, one without a key. */
function checkCertificate(
  payload: Payload,
  siblings: Siblings,
  settings: PlistDict,
  where: string,
  isNeeded: boolean,
): void {
  const reference = textAt(settings, 'PayloadCertificateUUID');
  const fail = (why: string) => payloadFailed(payload, 'vpn', 15003, `The certificate of “${where}” ${why}.`);
  if (reference === undefined) {
    if (isNeeded) throw fail('is missing');
    return;
  }
  const found = siblings.get(reference);
  if (found === undefined) throw fail(`(${reference}) is not in the profile`);
  if (!isIdentity(found)) throw fail(`(${reference}) is not an identity`);
}

function checkIkev2(payload: Payload, siblings: Siblings, settings: PlistDict, where: string): void {
  if (textAt(settings, 'RemoteAddress') === '') throw missing(payload, `${where}.RemoteAddress`);
  const method = textAt(settings, 'AuthenticationMethod');
  const isExtended = isOnAt(settings, 'ExtendedAuthEnabled');
  checkCertificate(payload, siblings, settings, where, method === 'Certificate');
  // None without EAP means a shared secret.
  const needsSecret = method === 'SharedSecret' || (method === 'None' && !isExtended);
  if (needsSecret && (textAt(settings, 'SharedSecret') ?? '') === '') throw missing(payload, `${where}.SharedSecret`);
  if (isExtended && settings['CertificateType'] !== undefined) {
    const issuer = textAt(settings, 'ServerCertificateIssuerCommonName') ?? '';
    if (issuer === '') throw missing(payload, `${where}.ServerCertificateIssuerCommonName`);
  }
  // RFC 8784: the key and its identifier come together.
  if (settings['PPK'] !== undefined && settings['PPKIdentifier'] === undefined)
    throw missing(payload, `${where}.PPKIdentifier`);
  if (settings['PPKIdentifier'] !== undefined && settings['PPK'] === undefined) throw missing(payload, `${where}.PPK`);
  const least = textAt(settings, 'TLSMinimumVersion');
  const most = textAt(settings, 'TLSMaximumVersion');
  if (least !== undefined && most !== undefined && least > most)
    throw payloadFailed(payload, 'vpn', 15000, `TLS ${least} at least and ${most} at most leaves no version.`);
}

function checkAlwaysOn(payload: Payload, siblings: Siblings, settings: PlistDict): void {
  const tunnels = dictsAt(settings, 'TunnelConfigurations');
  if (tunnels.length === 0)
    throw payloadFailed(payload, 'vpn', 15005, 'An always-on VPN needs at least one tunnel configuration.');
  for (const [index, tunnel] of tunnels.entries()) {
    const where = `AlwaysOn.TunnelConfigurations.${index}`;
    // Apple's schema leaves the tunnel's own keys out; where they are given they are those of IKEv2.
    if (tunnel['AuthenticationMethod'] !== undefined) checkIkev2(payload, siblings, tunnel, where);
    else checkCertificate(payload, siblings, tunnel, where, false);
    for (const key of ['IKESecurityAssociationParameters', 'ChildSecurityAssociationParameters']) {
      const group = integerAt(dictAt(tunnel, key), 'DiffieHellmanGroup');
      if (group !== undefined && group < 14) throw payloadFault('value', `${where}.${key}.DiffieHellmanGroup`, payload); // "the minimum is 14 for AlwaysOn"
    }
  }
}

/** 15005: a rule that evaluates each connection but does not say how. */
function checkOnDemand(payload: Payload, settings: PlistDict, where: string): void {
  for (const [index, rule] of dictsAt(settings, 'OnDemandRules').entries()) {
    const evaluates = textAt(rule, 'Action') === 'EvaluateConnection';
    if (evaluates && listAt(rule, 'ActionParameters').length === 0)
      throw payloadFailed(
        payload,
        'vpn',
        15005,
        `“${where}.OnDemandRules.${index}” evaluates connections without parameters.`,
      );
  }
}

function checkDns(payload: Payload, siblings: Siblings): void {
  const dns = dictAt(payload.content, 'DNS');
  if (dns === undefined) return;
  const protocol = textAt(dns, 'DNSProtocol');
  if (protocol === 'HTTPS' && !(textAt(dns, 'ServerURL') ?? '').startsWith('https://'))
    throw payloadFault(dns['ServerURL'] === undefined ? 'missing' : 'value', 'DNS.ServerURL', payload);
  if (protocol === 'TLS' && dns['ServerName'] === undefined) throw missing(payload, 'DNS.ServerName');
  checkCertificate(payload, siblings, dns, 'DNS', false);
}

/** "This field is required if HTTPProxy is specified", and the like of HTTPS. */
function checkProxies(payload: Payload): void {
  const proxies = dictAt(payload.content, 'Proxies');
  for (const scheme of ['HTTP', 'HTTPS'])
    if (proxies?.[`${scheme}Proxy`] !== undefined && proxies[`${scheme}Port`] === undefined)
      throw missing(payload, `Proxies.${scheme}Port`);
}
