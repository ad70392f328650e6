import { type ChainLink, chainOf, link } from '../../../../protocol/apple-mdm/error-chain.js';
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
    return refused ?? done(dict({ ProfileList: context.memory.data.profiles.map(describeProfile) }));
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

function describeProfile(profile: InstalledProfile): PlistDict {
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
    IsManaged: true,
    Source: profile.declaration === undefined ? undefined : declarative,
    PayloadContent: profile.payloads.map(describePayload),
  });
}

function describePayload(payload: PayloadSummary): PlistDict {
  return dict({
    PayloadType: payload.type,
    PayloadVersion: payload.version,
    PayloadIdentifier: payload.identifier,
    PayloadUUID: payload.uuid,
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
