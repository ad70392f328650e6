// RequestSecurityToken: a certificate is asked for, a provisioning document comes (specs/windows.md §1.4, §1.7; MS-WSTEP).
import { protocolError } from '../errors.js';
import { type EnvelopeLike, envelopeOf, namespaces, type Reply, writeReply, writeRequest } from '../soap/envelope.js';
import { attributeOf, elementOf, elementsOf, textIn, textOf, type XmlElement } from '../xml/element.js';
import { escapeAttribute, escapeText } from '../xml/write.js';
import { requireBase64 } from './base64.js';
import { base64Binary, type Credential, readSecurity, valueTypes, writeToken } from './credentials.js';
import { type CertificateSigner, securityOf } from './signed-security.js';

const enrollment = 'http://schemas.microsoft.com/windows/pki/2009/01/enrollment';
const tokenAction = `${enrollment}/RST/wstep`;
const responseAction = `${enrollment}/RSTRC/wstep`;
const tokenType = 'http://schemas.microsoft.com/5.0.0.0/ConfigurationManager/Enrollment/DeviceEnrollmentToken';

/** Windows sends the same one with every RequestSecurityToken. */
const tokenMessageId = 'urn:uuid:0d5a1441-5891-453b-becf-a2e5f6ea3749';

export interface RstRequest {
  readonly to: string;
  /** Default: the one of Windows. */
  readonly messageId?: string;
  /** None in a renewal: the old certificate speaks for the device. */
  readonly credential?: Credential;
  /** Policy Certificate: signs the request in the place of a credential. Not read: see verifySignedSecurity. */
  readonly signer?: CertificateSigner;
  readonly requestType: 'Issue' | 'Renew';
  /** A PKCS#10, or in a renewal a PKCS#7 around one; DER. */
  readonly token: Buffer;
  /** One of `valueTypes`. */
  readonly tokenValueType: string;
  /** ContextItems in their order; names may stand more than once (MAC). */
  readonly context: readonly (readonly [name: string, value: string])[];
}

/** The request as Windows writes it, byte for byte. */
export function encodeRequestToken({ to, messageId = tokenMessageId, ...request }: RstRequest): Buffer {
  const items = request.context
    .map(
      ([name, value]) =>
        `<ac:ContextItem Name="${escapeAttribute(name)}"><ac:Value>${escapeText(value)}</ac:Value></ac:ContextItem>`,
    )
    .join('');
  return writeRequest(
    {
      action: tokenAction,
      messageId,
      to,
      ...securityOf(to, request.credential, request.signer),
      prefixes: ['s', 'a', 'u', 'wsse', 'wst', 'ac'],
    },
    `<wst:RequestSecurityToken><wst:TokenType>${tokenType}</wst:TokenType>` +
      `<wst:RequestType>${namespaces.wst}/${request.requestType}</wst:RequestType>` +
      `${writeToken(request.tokenValueType, request.token.toString('base64'))}` +
      `<ac:AdditionalContext xmlns="${namespaces.ac}">${items}</ac:AdditionalContext></wst:RequestSecurityToken>`,
  );
}

/** Reads a request, strictly. Throws XML_*, SOAP_MALFORMED, MDE_MALFORMED. */
export function decodeRequestToken(given: EnvelopeLike): RstRequest {
  const { body, to, messageId, security } = envelopeOf(given, {});
  if (body?.name !== 'RequestSecurityToken' || body.namespace !== namespaces.wst) {
    throw protocolError('MDE_MALFORMED', 'the body is no RequestSecurityToken');
  }
  const type = /\/(Issue|Renew)$/.exec(textIn(body, 'RequestType') ?? '')?.[1];
  if (type !== 'Issue' && type !== 'Renew') {
    throw protocolError('MDE_MALFORMED', 'RequestType is neither Issue nor Renew');
  }
  const token = elementOf(body, 'BinarySecurityToken');
  if (token === undefined) throw protocolError('MDE_MALFORMED', 'the request has no BinarySecurityToken');
  const credential = readSecurity(security);
  const additional = elementOf(body, 'AdditionalContext');
  return {
    to: to ?? '',
    ...(messageId !== undefined && { messageId }),
    ...(credential !== undefined && { credential }),
    requestType: type,
    token: requireBase64(textOf(token), 'the BinarySecurityToken'),
    tokenValueType: attributeOf(token, 'ValueType')?.trim() ?? '',
    context: additional === undefined ? [] : elementsOf(additional, 'ContextItem').map(readItem),
  };
}

const readItem = (item: XmlElement): readonly [string, string] => {
  const name = attributeOf(item, 'Name');
  if (name === undefined) throw protocolError('MDE_MALFORMED', 'a ContextItem has no Name');
  return [name, textIn(item, 'Value') ?? ''];
};

/** A reply around a provisioning document, as Learn's samples have it. */
export function encodeTokenResponse(document: Uint8Array, reply: Reply = {}): Buffer {
  const base64 = Buffer.from(document.buffer, document.byteOffset, document.length).toString('base64');
  return writeReply(
    responseAction,
    reply,
    { prefixes: ['s', 'a', 'u'] },
    `<RequestSecurityTokenResponseCollection xmlns="${namespaces.wst}"><RequestSecurityTokenResponse>` +
      `<TokenType>${tokenType}</TokenType><DispositionMessage xmlns="${enrollment}"/>` +
      `<RequestedSecurityToken><BinarySecurityToken xmlns="${namespaces.wsse}" ` +
      `ValueType="${valueTypes.provisioningDocument}" EncodingType="${base64Binary}">${base64}</BinarySecurityToken>` +
      `</RequestedSecurityToken><RequestID xmlns="${enrollment}">0</RequestID>` +
      '</RequestSecurityTokenResponse></RequestSecurityTokenResponseCollection>',
  );
}

/**
 * The provisioning document of a reply, read liberally. Throws XML_*, SOAP_MALFORMED, and MDE_MALFORMED for a fault (look
 * for one with readEnvelope first) or where no document is in it.
 */
export function decodeTokenResponse(given: EnvelopeLike): { readonly document: Buffer } {
  const { body, fault } = envelopeOf(given, { isLiberal: true });
  if (fault !== undefined) throw protocolError('MDE_MALFORMED', 'the reply to RequestSecurityToken is a fault');
  const response =
    body?.name === 'RequestSecurityTokenResponse' ? body : body && elementOf(body, 'RequestSecurityTokenResponse');
  const requested = response && elementOf(response, 'RequestedSecurityToken');
  const token = requested && elementOf(requested, 'BinarySecurityToken');
  if (token === undefined) throw protocolError('MDE_MALFORMED', 'the reply holds no RequestedSecurityToken');
  return { document: requireBase64(textOf(token), 'the provisioning document') };
}
