// wsse:Security of GetPolicies and RequestSecurityToken (specs/windows.md §1.2).
import { protocolError } from '../errors.js';
import { namespaces } from '../soap/envelope.js';
import { attributeOf, elementOf, textIn, textOf, type XmlElement } from '../xml/element.js';
import { escapeAttribute, escapeText } from '../xml/write.js';

export const base64Binary = `${namespaces.wsse}#base64binary`;

/** Value types of tokens: what the STS or the provider of a token gave, and a JWT of Entra. */
export const valueTypes = {
  userToken: 'http://schemas.microsoft.com/5.0.0.0/ConfigurationManager/Enrollment/DeviceEnrollmentUserToken',
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
  pkcs10: 'http://schemas.microsoft.com/windows/pki/2009/01/enrollment#PKCS10',
  /** As Learn's sample of a renewal and certenroll.dll have it; MS-MDE 3.5.4.1.1.1 says `...pki/2009/01/enrollment#PKCS7`. No capture shows one. */
  pkcs7: `${namespaces.wsse}#PKCS7`,
  provisioningDocument:
    'http://schemas.microsoft.com/5.0.0.0/ConfigurationManager/Enrollment/DeviceEnrollmentProvisionDoc',
} as const;

/** How a device shows who it is for. */
export type Credential =
  | { readonly kind: 'username'; readonly username: string; readonly password: string }
  /** `token` is base64 already and goes out as it is. */
  | { readonly kind: 'token'; readonly token: string; readonly valueType: string };

const passwordText = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText';

/** Windows sends the same u:Id with every request. */
const usernameTokenId = 'uuid-cc1ccc1f-2fba-4bcf-b063-ffc0cac77917-4';

/** wsse:Security as Windows writes it, byte for byte; nothing where there is no credential. */
export function writeSecurity(credential: Credential | undefined): string {
  if (credential === undefined) return '';
  const content =
    credential.kind === 'username'
      ? `<wsse:UsernameToken u:Id="${usernameTokenId}"><wsse:Username>${escapeText(credential.username)}</wsse:Username>` +
        `<wsse:Password wsse:Type="${passwordText}">${escapeText(credential.password)}</wsse:Password></wsse:UsernameToken>`
      : writeToken(credential.valueType, credential.token);
  return `<wsse:Security s:mustUnderstand="1">${content}</wsse:Security>`;
}

/** A wsse:BinarySecurityToken around finished base64. */
export const writeToken = (valueType: string, base64: string): string =>
  `<wsse:BinarySecurityToken ValueType="${escapeAttribute(valueType)}" EncodingType="${base64Binary}">` +
  `${escapeText(base64)}</wsse:BinarySecurityToken>`;

/**
 * The credential in a Security element; undefined where there is none. White space around tokens and names falls away, in
 * passwords it stays. Throws MDE_MALFORMED for a token without user name.
 */
export function readSecurity(security: XmlElement | undefined): Credential | undefined {
  if (security === undefined) return undefined;
  const user = elementOf(security, 'UsernameToken');
  if (user !== undefined) {
    const username = textIn(user, 'Username');
    if (username === undefined) throw protocolError('MDE_MALFORMED', 'the UsernameToken has no Username');
    const password = elementOf(user, 'Password');
    return { kind: 'username', username, password: password === undefined ? '' : textOf(password) };
  }
  const token = elementOf(security, 'BinarySecurityToken');
  if (token === undefined) return undefined;
  return {
    kind: 'token',
    token: textOf(token).replace(/\s+/g, ''),
    valueType: attributeOf(token, 'ValueType')?.trim() ?? '',
  };
}
