// Profiles in few words, written out: what is left out is what nearly everybody means.
import { X509Certificate } from 'node:crypto';
import type { CertificateSource, PlatformName, Profile } from '../../protocol/vocabulary.js';
import { platformNames } from '../../protocol/vocabulary.js';
import { type TraitsByPlatform, traitsOf } from '../core/traits.js';
import type { Path, Report } from './problems.js';
import type { Entry, ShortSource } from './profile-words.js';

type Of<K extends Entry['kind']> = Extract<Entry, { kind: K }>;

/** A profile, and the platforms that it can be for; absent: all. */
export interface Written {
  readonly profile: Profile;
  readonly platforms?: readonly PlatformName[];
}

/** The profiles that this entry stands for: one, or one for each platform. None once a mistake is reported. */
export function writtenOut(entry: Entry, traits: TraitsByPlatform, at: Path, report: Report): Written[] {
  if (entry.kind === 'configuration') return configurations(entry, traits, at, report);
  const profile = one(entry, at, report);
  return profile === undefined ? [] : [{ profile }];
}

function one(entry: Exclude<Entry, Of<'configuration'>>, at: Path, report: Report): Profile | undefined {
  switch (entry.kind) {
    case 'email':
      return email(entry, at, report);
    case 'vpn':
      return vpn(entry);
    case 'wifi':
      return wifi(entry);
    case 'certificate':
      return certificate(entry, at, report);
  }
}

function email(entry: Of<'email'>, at: Path, report: Report): Profile | undefined {
  const { name, account = 'exchange', emailAddress = '{{upn}}', host, incoming, port } = entry;
  const { username, password, outgoing, certificate, daysToSync } = entry;
  const isShort = host !== undefined;
  if (isShort === (incoming !== undefined)) {
    report(at, isShort ? 'host and incoming are the same thing: write one' : 'expected host, or incoming');
    return undefined;
  }
  const beside = Object.entries({ port, username, password }).filter(([, value]) => value !== undefined && !isShort);
  for (const [key] of beside) report([...at, key], 'belongs into incoming here', 'key');
  const server = incoming ?? {
    host: host ?? '',
    ...(port !== undefined && { port }),
    tls: true,
    authentication: 'password' as const,
    username: username ?? '{{upn}}',
    password: password ?? '{{secret}}',
  };
  return {
    kind: 'email',
    name,
    account,
    emailAddress,
    incoming: server,
    ...(outgoing !== undefined && { outgoing }),
    ...(certificate !== undefined && { certificate }),
    ...(daysToSync !== undefined && { daysToSync }),
  };
}

function vpn(entry: Of<'vpn'>): Profile {
  const { name, server, protocol = 'ikev2', sharedSecret, certificate, app } = entry;
  const guessed = certificate !== undefined ? 'certificate' : sharedSecret !== undefined ? 'shared-secret' : 'password';
  const authentication = entry.authentication ?? guessed;
  const isByPassword = authentication === 'password' || authentication === 'password-and-certificate';
  const { username = isByPassword ? '{{upn}}' : undefined, password = isByPassword ? '{{secret}}' : undefined } = entry;
  const isShort = entry.authentication === undefined || protocol === 'ikev2';
  const { localIdentifier = isShort ? '{{deviceId}}' : undefined, remoteIdentifier = isShort ? server : undefined } =
    entry;
  return {
    kind: 'vpn',
    name,
    connectionName: entry.connectionName ?? name,
    protocol,
    server,
    authentication,
    ...(localIdentifier !== undefined && { localIdentifier }),
    ...(remoteIdentifier !== undefined && { remoteIdentifier }),
    ...(sharedSecret !== undefined && { sharedSecret }),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(certificate !== undefined && { certificate }),
    ...(app !== undefined && { app }),
  };
}

function wifi({ name, ssid = name, hidden = false, autoJoin = true, security, passphrase, eap }: Of<'wifi'>): Profile {
  const isOpen = passphrase === undefined && eap === undefined;
  return {
    kind: 'wifi',
    name,
    ssid,
    hidden,
    autoJoin,
    security: security ?? (isOpen ? 'none' : 'wpa2'),
    ...(passphrase !== undefined && { passphrase }),
    ...(eap !== undefined && { eap }),
  };
}

function certificate({ name, role, source: given }: Of<'certificate'>, at: Path, report: Report): Profile | undefined {
  const source = 'type' in given ? given : longSource(given, [...at, 'source'], report);
  if (source === undefined) return undefined;
  return { kind: 'certificate', name, role: role ?? (source.type === 'der' ? 'root' : 'identity'), source };
}

function longSource(source: ShortSource, at: Path, report: Report): CertificateSource | undefined {
  if ('pem' in source) {
    try {
      return { type: 'der', der: new Uint8Array(new X509Certificate(source.pem).raw) };
    } catch {
      report([...at, 'pem'], 'is no certificate in PEM');
      return undefined;
    }
  }
  const { scep, subject, keySizeBits = 2048, caName } = source;
  const isStub = scep === 'stub';
  const { challenge = isStub ? '{{scepChallenge}}' : undefined } = source;
  return {
    type: 'scep',
    url: isStub ? '{{scepUrl}}' : scep,
    ...(caName !== undefined && { caName }),
    ...(challenge !== undefined && { challenge }),
    subject: typeof subject === 'string' ? namesIn(subject) : subject,
    keySizeBits,
  };
}

/** `O=Contoso, CN={{userName}}` as relative distinguished names. */
const namesIn = (subject: string): [string, string][][] =>
  subject.split(',').map((part) => {
    const [type = '', ...value] = part.split('=');
    return [[type.trim(), value.join('=').trim()]];
  });

/** Without a type: each platform's own word for a passcode policy. */
function configurations(entry: Of<'configuration'>, traits: TraitsByPlatform, at: Path, report: Report): Written[] {
  const { name, type, settings = {}, passcode: given, platforms = platformNames } = entry;
  const passcode = given === undefined ? {} : { passcode: { ...given, required: given.required ?? true } };
  if (type !== undefined) return [{ profile: { kind: 'configuration', name, type, ...passcode, settings } }];
  if (given === undefined || Object.keys(settings).length > 0 || entry.id !== undefined || traits.size === 0) {
    report(at, 'expected type: only a passcode by itself, without an id, goes without');
    return [];
  }
  return platforms.flatMap((platform) => {
    const { passcodeType } = traitsOf(traits, platform);
    if (passcodeType === undefined) return [];
    return [
      { profile: { kind: 'configuration', name, type: passcodeType, ...passcode, settings }, platforms: [platform] },
    ];
  });
}
