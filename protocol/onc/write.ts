// Writes what Android takes, and refuses what it would not.
import { isUtf8 } from 'node:buffer';
import { protocolError } from '../errors.js';
import type { PlainBundle } from '../managed-config/bundle.js';
import { readOnc } from './read.js';
import type { OncCertificate, OncDocument, OncEap, OncNetwork } from './types.js';

/** The document as JSON. Throws ONC_REFUSED, with the path, for what Android would not take. */
export function writeOnc({ networks, certificates }: OncDocument): PlainBundle {
  const written = {
    Type: 'UnencryptedConfiguration',
    ...(networks.length === 0 ? {} : { NetworkConfigurations: networks.map(networkOf) }),
    ...(certificates.length === 0 ? {} : { Certificates: certificates.map(certificateOf) }),
  };
  const [refusal] = readOnc(JSON.parse(JSON.stringify(written))).refusals;
  if (refusal !== undefined)
    throw protocolError('ONC_REFUSED', `${refusal.path}: ${refusal.reason}`, { details: { at: refusal.path } });
  return written;
}

function networkOf({ guid, name, ssid, security, passphrase, hidden, autoConnect, eap }: OncNetwork): PlainBundle {
  const octets = Buffer.from(ssid);
  return {
    GUID: guid,
    Name: name,
    Type: 'WiFi',
    WiFi: {
      ...(isUtf8(octets) ? { SSID: octets.toString('utf8') } : { HexSSID: octets.toString('hex').toUpperCase() }),
      Security: security,
      ...(passphrase === undefined ? {} : { Passphrase: passphrase }),
      HiddenSSID: hidden,
      AutoConnect: autoConnect,
      ...(eap === undefined ? {} : { EAP: eapOf(eap) }),
    },
  };
}

function eapOf({ outer, inner, identity, anonymousIdentity, password, ...rest }: OncEap): PlainBundle {
  const { serverCaRefs, client, domainSuffixMatch } = rest;
  return {
    Outer: outer,
    ...(inner === undefined ? {} : { Inner: inner }),
    ...(identity === undefined ? {} : { Identity: identity }),
    ...(anonymousIdentity === undefined ? {} : { AnonymousIdentity: anonymousIdentity }),
    ...(password === undefined ? {} : { Password: password }),
    ...(serverCaRefs.length === 0 ? {} : { ServerCARefs: serverCaRefs }),
    ...(client?.type === 'Ref' ? { ClientCertType: 'Ref', ClientCertRef: client.guid } : {}),
    ...(client?.type === 'KeyPairAlias'
      ? { ClientCertType: 'KeyPairAlias', ClientCertKeyPairAlias: client.alias }
      : {}),
    ...(domainSuffixMatch.length === 0 ? {} : { DomainSuffixMatch: domainSuffixMatch }),
  };
}

const certificateOf = (certificate: OncCertificate): PlainBundle =>
  certificate.type === 'Authority'
    ? { GUID: certificate.guid, Type: 'Authority', X509: Buffer.from(certificate.x509).toString('base64') }
    : { GUID: certificate.guid, Type: 'Client', PKCS12: Buffer.from(certificate.pkcs12).toString('base64') };
