import { decodeResourceAnswer, encodeResourceAsk, gatePath, type ResourceAsk } from '../protocol/resource-gate.js';
import type { CertificateProfile, Profile, ProfileKind } from '../protocol/vocabulary.js';
import { agentError } from './errors.js';
import type { Http } from './model/ports.js';
import type { DeviceState } from './model/state.js';
import type { Link } from './platform/driver.js';

/**
 * Shows the gate of the authority what the held profile gave this device (protocol/resource-gate.ts). Resolves when let
 * through. Throws RESOURCE_REFUSED with the reason in its details, NOT_ENROLLED, or what Http throws.
 */
export async function askGate(
  state: DeviceState,
  { kind, name, link }: { kind: ProfileKind; name: string | undefined; link: Link | undefined },
  http: Http,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (state.link === undefined) throw agentError('NOT_ENROLLED', 'a device of its own has nothing to show at the gate');
  const refused = (reason: string, what: string) =>
    agentError('RESOURCE_REFUSED', `${what}: ${reason}`, {
      details: { reason, kind, ...(name === undefined ? {} : { name }) },
    });
  const held = state.holdings.filter(
    ({ profile }) => profile.kind === kind && (name === undefined || profile.name === name),
  );
  const holding = held.find(({ profile }) => isIdentity(profile)) ?? held[0]; // a root shows nobody who comes
  if (holding === undefined) throw refused('no such profile is held', name ?? kind);
  const { origin } = state.link;
  if (origin === undefined) throw refused('this authority has no gate', holding.profile.name);
  const session = http.open(link?.server === undefined ? {} : { server: link.server });
  try {
    const answer = await session.request({
      operation: 'gate',
      method: 'POST',
      url: origin + gatePath(kind),
      headers: { 'content-type': 'application/json' },
      body: encodeResourceAsk({
        deviceId: link?.deviceId ?? state.facts.id,
        name: holding.profile.name,
        ...shown(holding.profile, state, link),
      }),
      maxBytes: 64 * 1024,
      ...(signal === undefined ? {} : { signal }),
    });
    if (answer.status >= 500) throw agentError('AUTHORITY_BUSY', `the gate answered ${answer.status}`);
    const said = decodeResourceAnswer(answer.status, answer.body);
    if (!said.allowed) throw refused(said.reason, holding.profile.name);
  } finally {
    session.close();
  }
}

/** A certificate that comes with a key of the device's own. */
const isIdentity = (profile: Profile): boolean => profile.kind === 'certificate' && profile.role === 'identity';

type Shown = Pick<ResourceAsk, 'username' | 'secret' | 'certificate'>;

/** The credentials that the profile gives, as the mail server, VPN gateway or access point would see them. */
function shown(profile: Profile, state: DeviceState, link: Link | undefined): Shown {
  switch (profile.kind) {
    case 'email':
      return credentials(profile.incoming.username, profile.incoming.password, profile.certificate, state, link);
    case 'vpn':
      return credentials(profile.username, profile.password ?? profile.sharedSecret, profile.certificate, state, link);
    case 'wifi': {
      const { eap, passphrase } = profile;
      return credentials(eap?.username, eap?.password ?? passphrase, eap?.identity, state, link);
    }
    case 'certificate':
      return credentials(undefined, undefined, profile.name, state, link);
    case 'configuration':
      return {};
  }
}

function credentials(
  username: string | undefined,
  secret: string | undefined,
  certificateName: string | undefined,
  state: DeviceState,
  link: Link | undefined,
): Shown {
  const certificate = state.holdings.find(
    ({ profile }) => profile.kind === 'certificate' && profile.name === certificateName,
  )?.profile;
  return {
    ...(username === undefined ? {} : { username }),
    ...(secret === undefined ? {} : { secret }),
    ...(certificate?.kind === 'certificate' ? optional(certificateOf(certificate, link)) : {}),
  };
}

/** A certificate that was fetched or opened is the link's; that its key is here too, this gate does not ask. */
const certificateOf = ({ name, source }: CertificateProfile, link: Link | undefined): Uint8Array | undefined =>
  source.type === 'der' ? source.der : link?.certificateOf?.(name);

const optional = (certificate: Uint8Array | undefined) => (certificate === undefined ? {} : { certificate });
