// Wi-Fi: the network of the QR code, and those of the companion's Open Network Configuration (by convention).
import { profileOf } from '../../../../protocol/onc/profile.js';
import { pskFault, readOnc, wepFault } from '../../../../protocol/onc/read.js';
import type { OncCertificate, OncClientCertificate, OncNetwork } from '../../../../protocol/onc/types.js';
import type { Profile, WifiProfile } from '../../../../protocol/vocabulary.js';
import { readableCertificate } from '../../../../protocol/x509/certificate.js';
import { authorityProfile } from './authorities.js';
import { openPkcs12 } from './clients.js';
import type { Draft } from './draft.js';
import type { ProvisionedWifi } from './sources.js';

export function readNetworks(draft: Draft): void {
  const { wifi } = draft.sources;
  if (wifi !== undefined) readProvisioned(draft, wifi);
  const { onc } = draft.companion ?? {};
  if (onc === undefined) return;
  const { networks, certificates, refusals } = readOnc(onc);
  const names = new Map(certificates.map((certificate) => [certificate.guid, certificateName(draft, certificate)]));
  for (const network of networks) readNetwork(draft, network, names, certificates);
  for (const { path, reason, guid } of refusals) {
    const carrier = `companion:wifi:${guid ?? path}`;
    draft.add(carrier, draft.name(carrier, guid ?? path), [path, reason], {
      type: 'refused',
      reason: `openNetworkConfiguration.${path}: ${reason}`,
    });
  }
}

/**
 * A certificate of the document is the profile that a file or the key store brings already, where it is the same one; otherwise it is
 * one of its own.
 */
function certificateName(draft: Draft, certificate: OncCertificate): string {
  const carrier = `companion:onc:${certificate.guid}`;
  if (certificate.type === 'Authority') {
    const { x509 } = certificate;
    const same = draft.authorities.find(({ der }) => Buffer.compare(der, x509) === 0);
    if (same !== undefined) return same.name;
    const name = draft.name(carrier, certificate.guid);
    const read = readableCertificate(x509);
    if (read !== undefined)
      draft.add(carrier, name, [x509], { type: 'profile', profile: authorityProfile(name, read), needs: [] });
    return name;
  }
  const name = draft.name(carrier, certificate.guid);
  const opened = openPkcs12(certificate.pkcs12, '');
  draft.add(
    carrier,
    name,
    [certificate.pkcs12],
    'refused' in opened
      ? { type: 'refused', reason: opened.refused }
      : {
          type: 'identity',
          alias: `onc:${certificate.guid}`,
          identity: opened,
          profile: {
            kind: 'certificate',
            name,
            role: 'identity',
            source: { type: 'pkcs12', pkcs12: Buffer.from(certificate.pkcs12) },
          },
        },
  );
  return name;
}

function readNetwork(
  draft: Draft,
  network: OncNetwork,
  certificates: ReadonlyMap<string, string>,
  own: readonly OncCertificate[],
): void {
  const carrier = `companion:wifi:${network.guid}`;
  const name = draft.name(carrier, network.name);
  const client = (asked: OncClientCertificate): string =>
    asked.type === 'Ref' ? (certificates.get(asked.guid) ?? asked.guid) : draft.certificate(asked.alias);
  const profile = profileOf(network, { name, client, authority: (guid) => certificates.get(guid) ?? guid });
  draft.add(carrier, name, [network, profile, own.length], { type: 'profile', profile, needs: needsOf(profile) });
}

/** The certificates that a network names. */
export const needsOf = (profile: Profile): readonly string[] => {
  if (profile.kind === 'wifi') {
    const { identity, anchors = [] } = profile.eap ?? {};
    return identity === undefined ? anchors : [...anchors, identity];
  }
  if (profile.kind !== 'email' && profile.kind !== 'vpn') return [];
  return profile.certificate === undefined ? [] : [profile.certificate];
};

/** WIFI_SECURITY_TYPE of the QR code; without one the network is open. */
const securities: Readonly<Record<string, WifiProfile['security']>> = { NONE: 'none', WPA: 'wpa2', WEP: 'wep' };

function readProvisioned(draft: Draft, wifi: ProvisionedWifi): void {
  const carrier = 'provisioning';
  const name = draft.name(carrier, wifi.ssid);
  const refused = faultOf(wifi);
  const type = (wifi.securityType ?? 'NONE').toUpperCase();
  const security = Object.hasOwn(securities, type) ? securities[type] : undefined;
  if (refused !== undefined || security === undefined) {
    const reason = refused ?? `a network by ${type.slice(0, 40)} cannot be set up by a QR code alone`;
    draft.add(carrier, name, [wifi], { type: 'refused', reason });
    return;
  }
  const profile: WifiProfile = {
    kind: 'wifi',
    name,
    ssid: wifi.ssid,
    hidden: wifi.hidden ?? false,
    autoJoin: true,
    security,
    ...(security === 'none' || wifi.password === undefined ? {} : { passphrase: wifi.password }),
  };
  draft.add(carrier, name, [wifi], { type: 'profile', profile, needs: [] });
}

function faultOf({ ssid, securityType = 'NONE', password = '' }: ProvisionedWifi): string | undefined {
  const octets = Buffer.byteLength(ssid, 'utf8');
  if (octets < 1 || octets > 32) return `WIFI_SSID has ${octets} octets, 1 to 32 are allowed`;
  const type = securityType.toUpperCase();
  const fault = type === 'WPA' ? pskFault(password) : type === 'WEP' ? wepOrText(password) : undefined;
  return fault === undefined ? undefined : `WIFI_PASSWORD ${fault}`;
}

/** Of a QR code Android takes 5 or 13 characters, too. */
const wepOrText = (password: string): string | undefined =>
  password.length === 5 || password.length === 13 ? undefined : wepFault(password);
