// Apple's payloads in the neutral words of protocol/vocabulary.ts.
import type { CertificateProfile, CertificateSource, ConfigurationProfile, Profile } from '../../vocabulary.js';
import { certificateOf } from './certificates.js';
import { ownSettings } from './configuration.js';
import { type Named, type Names, neutralNames } from './names.js';
import { passcodePolicy } from './passcode.js';
import { type Payload, payloadTypes } from './profile.js';
import { scepSettings } from './scep.js';
import { exchange, mailbox } from './translate-email.js';
import { vpnConnection } from './translate-vpn.js';
import { wifiNetwork } from './translate-wifi.js';
import { dataAt, optional, textAt } from './values.js';

/** Every setting of a profile that was read, in its order. The MDM payload is the link itself and no setting. */
export function toNeutral(profile: Named): Profile[] {
  const names = neutralNames(profile);
  return profile.payloads
    .filter(({ type }) => type !== payloadTypes.mdm)
    .map((payload) => translate(payload, names.get(payload.uuid) ?? payload.identifier, names));
}

function translate(payload: Payload, name: string, names: Names): Profile {
  switch (payload.type) {
    case payloadTypes.mail:
      return mailbox(payload, name);
    case payloadTypes.exchange:
      return exchange(payload, name, names);
    case payloadTypes.vpn:
      return vpnConnection(payload, name, names);
    case payloadTypes.wifi:
      return wifiNetwork(payload, name, names);
    case payloadTypes.root:
    case payloadTypes.pkcs1:
    case payloadTypes.pem: {
      const certificate = certificateOf(payload);
      const role = payload.type === payloadTypes.root || certificate.isSelfIssued ? 'root' : 'intermediate';
      return { kind: 'certificate', name, role, source: { type: 'der', der: certificate.der } };
    }
    case payloadTypes.pkcs12:
    case payloadTypes.scep:
      return identity(payload, name);
    default:
      return configuration(payload, name);
  }
}

function identity(payload: Payload, name: string): CertificateProfile {
  return { kind: 'certificate', name, role: 'identity', source: identitySource(payload) };
}

function identitySource(payload: Payload): CertificateSource {
  if (payload.type === payloadTypes.pkcs12)
    return {
      type: 'pkcs12',
      pkcs12: dataAt(payload.content, 'PayloadContent') ?? Buffer.alloc(0),
      ...optional('password', textAt(payload.content, 'Password')),
    };
  const { url, caName, challenge, subject, keySizeBits, caFingerprint } = scepSettings(payload);
  return {
    type: 'scep',
    url,
    ...optional('caName', caName),
    ...optional('challenge', challenge),
    subject,
    keySizeBits,
    ...optional('caFingerprint', caFingerprint),
  };
}

function configuration(payload: Payload, name: string): ConfigurationProfile {
  return {
    kind: 'configuration',
    name,
    type: payload.type,
    ...(payload.type === payloadTypes.passcode ? { passcode: passcodePolicy(payload) } : {}),
    settings: ownSettings(payload),
  };
}
