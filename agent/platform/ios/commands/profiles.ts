import { type ChainLink, chainOf, link } from '../../../../protocol/apple-mdm/error-chain.js';
import { isSince } from '../../../../protocol/apple-mdm/request-types.js';
import { dict, type PlistDict } from '../../../../protocol/plist/value.js';
import { readCertificate } from '../../../../protocol/x509/certificate.js';
import { nameValue } from '../../../../protocol/x509/name.js';
import { type Answer, done, failed, refusalOf } from '../answer.js';
import type { CommandContext, HandlerTable } from '../context.js';
import { installProfile, removeProfile } from '../profiles.js';
import type { InstalledProfile, PayloadSummary } from '../saved.js';
import { native } from '../translate.js';

const declarative = 'Declarative Device Management';

export const profileCommands: HandlerTable = {
  async ProfileList(parameters, context) {
    parameters.optionalBoolean('ManagedOnly'); // every profile here is managed
    const refused = refusalOf(await context.apply(native('ProfileList')));
    if (refused !== undefined) return refused;
    const { profiles } = context.memory.data;
    return done(dict({ ProfileList: profiles.map((profile) => describeProfile(profile, context)) }));
  },

  async InstallProfile(parameters, context) {
    const payload = parameters.data('Payload');
    return await answering(() => installProfile(payload, context));
  },

  async RemoveProfile(parameters, context) {
    const identifier = parameters.name('Identifier');
    const { management, profiles } = context.memory.data;
    if (identifier === management.profileIdentifier || identifier === management.payloadIdentifier) {
      return refusalOf(await context.apply({ kind: 'retire' })) ?? { ...done(), leaves: { how: 'removed' } };
    }
    const profile = profiles.find((each) => each.identifier === identifier);
    if (profile === undefined) return failed(notInstalled(identifier));
    if (profile.declaration !== undefined) {
      return failed(link('mdm', 12013, `The profile “${identifier}” is not managed by commands.`));
    }
    return await answering(() => removeProfile(profile, context));
  },

  async CertificateList(parameters, context) {
    parameters.optionalBoolean('ManagedOnly');
    const refused = refusalOf(await context.apply(native('CertificateList')));
    return refused ?? done(dict({ CertificateList: certificates(context) }));
  },
};

/** Seen on devices in a domain that Apple's list does not have (specs/apple.md §1.7). */
const notInstalled = (identifier: string): ChainLink => ({
  ...link('mdm', 12075, `The profile “${identifier}” is not installed.`),
  ErrorDomain: 'MDMErrorDomain',
});

/** A refusal with a chain is an answer; any other error is a trouble of the session. */
async function answering(act: () => Promise<Answer>): Promise<Answer> {
  try {
    return await act();
  } catch (error) {
    const chain = chainOf(error);
    if (chain === undefined) throw error;
    return failed(...chain);
  }
}

/**
 * IsManaged: whether the MDM server installed it, which the profile that brought the server was not (captured iPad); a
 * supervised device does not say (profile.list.yaml).
 */
function describeProfile(profile: InstalledProfile, { device, memory }: CommandContext): PlistDict {
  const { supervised, osVersion } = device.state.facts;
  const isManaged = profile.identifier !== memory.data.management.profileIdentifier;
  const saysSource = profile.declaration !== undefined && isSince(osVersion, '18.0');
  return dict({
    PayloadUUID: profile.uuid,
    PayloadIdentifier: profile.identifier,
    PayloadVersion: profile.version,
    PayloadDisplayName: profile.displayName,
    PayloadOrganization: profile.organization,
    PayloadDescription: profile.description,
    PayloadRemovalDisallowed: profile.removalDisallowed ?? false,
    HasRemovalPasscode: profile.hasRemovalPasscode ?? false,
    IsEncrypted: profile.isEncrypted ?? false,
    SignerCertificates: [...(profile.signers ?? [])],
    IsManaged: supervised ? undefined : isManaged,
    Source: saysSource ? declarative : undefined,
    PayloadContent: profile.payloads.map((payload) => describePayload(payload, isSince(osVersion, '17.0'))),
  });
}

function describePayload(payload: PayloadSummary, saysUuid: boolean): PlistDict {
  return dict({
    PayloadType: payload.type,
    PayloadVersion: payload.version,
    PayloadIdentifier: payload.identifier,
    PayloadUUID: saysUuid ? payload.uuid : undefined,
    PayloadDisplayName: payload.displayName,
    PayloadDescription: payload.description,
    PayloadOrganization: payload.organization,
  });
}

/** The device identity first, then what the profiles brought; a certificate that several brought stands once. */
function certificates(context: CommandContext): PlistDict[] {
  const { identity, profiles } = context.memory.data;
  const all = [
    { der: identity.certificate, isIdentity: true },
    ...profiles.flatMap((profile) =>
      profile.certificates.map(({ der, key }) => ({ der, isIdentity: key !== undefined })),
    ),
  ];
  const listed = new Map<string, PlistDict>();
  for (const { der, isIdentity } of all) {
    const id = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('latin1');
    if (listed.has(id) && !isIdentity) continue;
    const { subject } = readCertificate(der);
    listed.set(id, dict({ CommonName: nameValue(subject, 'CN') ?? '', IsIdentity: isIdentity, Data: der }));
  }
  return [...listed.values()];
}
