// IPolicy/GetPolicies (specs/windows.md §1.3; MS-XCEP as MS-MDE2 3.3 uses it).
import { protocolError } from '../errors.js';
import { type EnvelopeLike, envelopeOf, type Reply, writeReply, writeRequest } from '../soap/envelope.js';
import { elementOf, textIn } from '../xml/element.js';
import { escapeText } from '../xml/write.js';
import { type Credential, readSecurity } from './credentials.js';
import { type CertificateSigner, securityOf } from './signed-security.js';

const policyNamespace = 'http://schemas.microsoft.com/windows/pki/2009/01/enrollmentpolicy';

export { decodePoliciesResponse, defaultPolicy, type EnrollmentPolicy, type RequestDigest } from './policy.js';

const policiesAction = `${policyNamespace}/IPolicy/GetPolicies`;

/** Windows sends the same one with every GetPolicies. */
const policiesMessageId = 'urn:uuid:72048B64-0F19-448F-8C2E-B4C661860AA0';

export interface GetPolicies {
  readonly to: string;
  /** Default: the one of Windows. */
  readonly messageId?: string;
  readonly credential?: Credential;
  /** Policy Certificate: signs the request in the place of a credential. Not read: see verifySignedSecurity. */
  readonly signer?: CertificateSigner;
  /** In the client element, behind preferredLanguage, from request version 5.0 on (22598); some servers fail without them. */
  readonly tpm?: { readonly manufacturer: string; readonly firmwareVersion: string };
}

/** The request as Windows writes it; without `tpm` byte for byte that of 19043. */
export function encodeGetPolicies({ to, messageId = policiesMessageId, credential, signer, tpm }: GetPolicies): Buffer {
  const fields =
    tpm === undefined
      ? ''
      : `<TPMManufacturer>${escapeText(tpm.manufacturer)}</TPMManufacturer>` +
        `<TPMFirmwareVersion>${escapeText(tpm.firmwareVersion)}</TPMFirmwareVersion>`;
  return writeRequest(
    {
      action: policiesAction,
      messageId,
      to,
      ...securityOf(to, credential, signer),
      prefixes: ['s', 'a', 'u', 'wsse', 'wst', 'ac'],
      bodyPrefixes: ['xsi', 'xsd'],
    },
    `<GetPolicies xmlns="${policyNamespace}"><client><lastUpdate xsi:nil="true"/><preferredLanguage xsi:nil="true"/>` +
      `${fields}</client><requestFilter xsi:nil="true"/></GetPolicies>`,
  );
}

/** Reads a request, strictly. Throws XML_*, SOAP_MALFORMED, MDE_MALFORMED. */
export function decodeGetPolicies(given: EnvelopeLike): GetPolicies {
  const { body, to, messageId, security } = envelopeOf(given, {});
  if (body?.name !== 'GetPolicies' || body.namespace !== policyNamespace) {
    throw protocolError('MDE_MALFORMED', 'the body is no GetPolicies');
  }
  const client = elementOf(body, 'client');
  const manufacturer = client && textIn(client, 'TPMManufacturer');
  const firmwareVersion = client && textIn(client, 'TPMFirmwareVersion');
  const credential = readSecurity(security);
  return {
    to: to ?? '',
    ...(messageId !== undefined && { messageId }),
    ...(credential !== undefined && { credential }),
    ...(manufacturer !== undefined && firmwareVersion !== undefined && { tpm: { manufacturer, firmwareVersion } }),
  };
}

/** What a stub asks of the certificates of its devices. */
interface PolicyToWrite {
  /** Default 2048. */
  readonly keyLength?: number;
  /** Object identifier of a digest or of a signature; default SHA-256. */
  readonly hash?: string;
  readonly commonName?: string;
  /** Defaults 31,536,000 and 15,552,000 seconds. */
  readonly validitySeconds?: number;
  readonly renewalSeconds?: number;
}

/** A reply with one policy, all references resolved, in the elements and the order of MS-XCEP. */
export function encodePoliciesResponse(policy: PolicyToWrite = {}, reply: Reply = {}): Buffer {
  const { keyLength = 2048, hash = '2.16.840.1.101.3.4.2.1', commonName = 'MDM device', ...times } = policy;
  const { validitySeconds = 31_536_000, renewalSeconds = 15_552_000 } = times;
  const nil = (...names: readonly string[]) => names.map((name) => `<${name} xsi:nil="true"/>`).join('');
  const oid = (value: string, group: number, reference: number, name: string) =>
    `<oID><value>${escapeText(value)}</value><group>${group}</group><oIDReferenceID>${reference}</oIDReferenceID>` +
    `<defaultName>${name}</defaultName></oID>`;
  const attributes =
    `<commonName>${escapeText(commonName)}</commonName><policySchema>3</policySchema>` +
    `<certificateValidity><validityPeriodSeconds>${validitySeconds}</validityPeriodSeconds>` +
    `<renewalPeriodSeconds>${renewalSeconds}</renewalPeriodSeconds></certificateValidity>` +
    '<permission><enroll>true</enroll><autoEnroll>false</autoEnroll></permission>' +
    `<privateKeyAttributes><minimalKeyLength>${keyLength}</minimalKeyLength>` +
    `${nil('keySpec', 'keyUsageProperty', 'permissions')}<algorithmOIDReference>1</algorithmOIDReference>` +
    '<cryptoProviders><provider>Microsoft Platform Crypto Provider</provider>' +
    '<provider>Microsoft Software Key Storage Provider</provider></cryptoProviders></privateKeyAttributes>' +
    '<revision><majorRevision>101</majorRevision><minorRevision>0</minorRevision></revision>' +
    nil('supersededPolicies', 'privateKeyFlags', 'subjectNameFlags', 'enrollmentFlags', 'generalFlags') +
    `<hashAlgorithmOIDReference>0</hashAlgorithmOIDReference>${nil('rARequirements', 'keyArchivalAttributes', 'extensions')}`;
  return writeReply(
    `${policiesAction}Response`,
    reply,
    { prefixes: ['s', 'a', 'xsi'] },
    `<GetPoliciesResponse xmlns="${policyNamespace}"><response><policyID/>${nil('policyFriendlyName', 'nextUpdateHours', 'policiesNotChanged')}` +
      `<policies><policy><policyOIDReference>0</policyOIDReference>${nil('cAs')}<attributes>${attributes}</attributes></policy></policies>` +
      `</response>${nil('cAs')}<oIDs>${oid(hash, 4, 0, 'hash')}${oid('1.2.840.113549.1.1.1', 3, 1, 'RSA')}</oIDs></GetPoliciesResponse>`,
  );
}
