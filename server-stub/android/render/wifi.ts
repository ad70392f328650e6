// Wi-Fi as ONC in the managed configuration of the companion app (by convention: Headwind sets up a network by its QR code alone).
import type { PlainBundle } from '../../../protocol/managed-config/bundle.js';
import type { WifiEap, WifiProfile } from '../../../protocol/vocabulary.js';
import { idOf } from '../../core/identifiers.js';
import type { Draft } from './draft.js';
import { assigned, cannot, carried, given, type Part } from './part.js';
import type { RenderContext } from './rendered.js';

/**
 * `WPA-PSK` for all personal networks: ONC has no word for WPA3 there. Throws MESSAGE_REFUSED for what Android would not take,
 * NOT_FOUND where a certificate that it names is not assigned.
 */
export function renderWifi(profile: WifiProfile, draft: Draft, context: Pick<RenderContext, 'certificate'>): Part {
  const { name, ssid, hidden, autoJoin } = profile;
  const octets = Buffer.byteLength(ssid);
  if (octets === 0 || octets > 32) throw cannot(name, 'a network name has 1 to 32 octets');
  const guid = idOf('wifi', name);
  const anchors = (profile.eap?.anchors ?? []).map((anchor) => authorityOf(name, anchor, context));
  const network = carried(name, {
    GUID: guid,
    Name: name,
    Type: 'WiFi',
    WiFi: {
      SSID: ssid,
      HiddenSSID: hidden,
      AutoConnect: autoJoin,
      ...security(profile, context),
    },
  });
  draft.networks.push(network);
  for (const authority of anchors) draft.authorities.set(String(authority['GUID']), authority);
  return { carriers: [`companion:wifi:${guid}`] };
}

function security(profile: WifiProfile, context: Pick<RenderContext, 'certificate'>): PlainBundle {
  const { name, security: kind, passphrase = '', eap } = profile;
  if (kind === 'none' || (kind === 'any' && passphrase === '' && eap === undefined)) return { Security: 'None' };
  if (eap !== undefined) return { Security: 'WPA-EAP', EAP: enterprise(name, eap, context) };
  if (kind === 'wep') {
    if (!/^(?:.{5}|.{13}|[\da-fA-F]{10}|[\da-fA-F]{26})$/.test(passphrase)) {
      throw cannot(name, 'a WEP key has 5 or 13 characters, or 10 or 26 hexadecimal digits');
    }
    return { Security: 'WEP-PSK', Passphrase: passphrase };
  }
  if (!/^(?:[\x20-\x7e]{8,63}|[\da-fA-F]{64})$/.test(passphrase)) {
    throw cannot(name, 'a passphrase has 8 to 63 characters of ASCII, or 64 hexadecimal digits');
  }
  return { Security: 'WPA-PSK', Passphrase: passphrase };
}

const outers = { tls: 'EAP-TLS', peap: 'PEAP', ttls: 'EAP-TTLS' } as const;
type Outer = keyof typeof outers;
const isOuter = (type: string): type is Outer => Object.hasOwn(outers, type);

/** The first of the profile's methods that ONC on Android has. */
function enterprise(name: string, eap: WifiEap, context: Pick<RenderContext, 'certificate'>): PlainBundle {
  const outer = eap.types.find(isOuter);
  if (outer === undefined) throw cannot(name, 'Android has none of its EAP methods');
  const { serverNames = [], anchors = [], identity } = eap;
  if (serverNames.length === 0) {
    throw cannot(name, 'Android refuses an enterprise network without the names of its servers (DomainSuffixMatch)');
  }
  if (outer === 'tls' && identity === undefined) throw cannot(name, 'EAP-TLS needs an identity certificate');
  if (identity !== undefined) assigned(name, identity, context);
  return {
    Outer: outers[outer],
    ...given({
      Inner: outer === 'tls' ? undefined : innerOf(name, eap),
      Identity: eap.username,
      Password: outer === 'tls' ? undefined : eap.password,
    }),
    ...(identity !== undefined && { ClientCertType: 'KeyPairAlias', ClientCertKeyPairAlias: identity }),
    ...(anchors.length > 0 && { ServerCARefs: [...anchors] }),
    DomainSuffixMatch: [...serverNames],
  };
}

function innerOf(name: string, { innerAuthentication: inner }: WifiEap): string | undefined {
  switch (inner) {
    case undefined:
      return undefined;
    case 'mschapv2':
      return 'MSCHAPv2';
    case 'pap':
      return 'PAP';
    default:
      throw cannot(name, `Android has no inner authentication by ${inner}`);
  }
}

/** An anchor as a certificate of the document, whose GUID is the name of its profile. */
function authorityOf(profile: string, name: string, context: Pick<RenderContext, 'certificate'>): PlainBundle {
  const { source } = assigned(profile, name, context);
  if (source.type !== 'der') throw cannot(profile, `the anchor "${name}" is no certificate by itself`);
  return { GUID: name, Type: 'Authority', X509: Buffer.from(source.der).toString('base64') };
}
