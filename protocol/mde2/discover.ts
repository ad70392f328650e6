// IDiscoveryService/Discover (specs/windows.md §1.1; MS-MDE2 3.1.4.1).
import { protocolError } from '../errors.js';
import { type EnvelopeLike, envelopeOf, namespaces, type Reply, writeReply, writeRequest } from '../soap/envelope.js';
import { elementOf, elementsOf, textIn, textOf, type XmlElement } from '../xml/element.js';
import { escapeText } from '../xml/write.js';

const enrollment = 'http://schemas.microsoft.com/windows/management/2012/01/enrollment';
const discoverAction = `${enrollment}/IDiscoveryService/Discover`;
const responseAction = `${discoverAction}Response`;

/** Windows sends the same one with every Discover, from every device. */
const discoverMessageId = 'urn:uuid:748132ec-a575-4329-b01b-6171a9cf8478';

interface DiscoverRequest {
  /** a:To as it stands; Windows keeps mixed case and the port. */
  readonly to: string;
  /** Default: the one of Windows. */
  readonly messageId?: string;
  /** User principal name, `domain\user`, or empty. */
  readonly emailAddress: string;
  /** `4.0` at 19043; 3.0 to 9.0. */
  readonly requestVersion: string;
  /** Default CIMClient_Windows. */
  readonly deviceType?: string;
  readonly applicationVersion: string;
  /** Old clients send none. */
  readonly osEdition?: number;
  /** OnPremise, Federated, Certificate. */
  readonly authPolicies: readonly string[];
}

/** The request as Windows writes it, byte for byte. */
export function encodeDiscover({ to, messageId = discoverMessageId, ...request }: DiscoverRequest): Buffer {
  const { emailAddress, requestVersion, deviceType = 'CIMClient_Windows', applicationVersion, osEdition } = request;
  const policies = request.authPolicies.map((policy) => element('AuthPolicy', policy)).join('');
  return writeRequest(
    { action: discoverAction, messageId, to, prefixes: ['a', 's'] },
    `<Discover xmlns="${enrollment}"><request xmlns:i="${namespaces.xsi}">` +
      element('EmailAddress', emailAddress) +
      element('RequestVersion', requestVersion) +
      element('DeviceType', deviceType) +
      element('ApplicationVersion', applicationVersion) +
      (osEdition === undefined ? '' : element('OSEdition', String(osEdition))) +
      `<AuthPolicies>${policies}</AuthPolicies></request></Discover>`,
  );
}

const element = (name: string, text: string): string => `<${name}>${escapeText(text)}</${name}>`;

/** Reads a request, strictly; elements in any order. Throws XML_*, SOAP_MALFORMED, MDE_MALFORMED. */
export function decodeDiscover(given: EnvelopeLike): DiscoverRequest {
  const { body, to, messageId } = envelopeOf(given, {});
  const request = body && elementOf(body, 'request');
  if (body?.name !== 'Discover' || body.namespace !== enrollment || request === undefined) {
    throw protocolError('MDE_MALFORMED', 'the body is no Discover with a request');
  }
  const policies = elementOf(request, 'AuthPolicies');
  const edition = textIn(request, 'OSEdition');
  if (edition !== undefined && !/^\d{1,9}$/.test(edition)) {
    throw protocolError('MDE_MALFORMED', 'OSEdition is no number');
  }
  return {
    to: to ?? '',
    ...(messageId !== undefined && { messageId }),
    emailAddress: textIn(request, 'EmailAddress') ?? '',
    requestVersion: required(request, 'RequestVersion'),
    deviceType: required(request, 'DeviceType'),
    applicationVersion: textIn(request, 'ApplicationVersion') ?? '',
    ...(edition !== undefined && { osEdition: Number(edition) }),
    authPolicies: policies === undefined ? [] : elementsOf(policies, 'AuthPolicy').map((each) => textOf(each).trim()),
  };
}

function required(parent: XmlElement, name: string): string {
  const text = textIn(parent, name);
  if (text === undefined || text === '') throw protocolError('MDE_MALFORMED', `${parent.name} has no ${name}`);
  return text;
}

export interface DiscoverResponse {
  /** OnPremise (also where it is missing, a rule of ours), Federated, Certificate; it does not decide which token is sent (§1.2). */
  readonly authPolicy: string;
  /** Decides RequestVersion of the request for a certificate: `negotiate` in context-items.ts. */
  readonly enrollmentVersion?: string;
  /** EnrollmentPolicyServiceUrl: where it is missing no policy is asked for. */
  readonly policyUrl?: string;
  /** EnrollmentServiceUrl. */
  readonly serviceUrl: string;
  /** AuthenticationServiceUrl. */
  readonly authenticationUrl?: string;
}

export function encodeDiscoverResponse(response: DiscoverResponse, reply: Reply = {}): Buffer {
  const maybe = (name: string, text: string | undefined) => (text === undefined ? '' : element(name, text));
  return writeReply(
    responseAction,
    reply,
    { prefixes: ['s', 'a'] },
    `<DiscoverResponse xmlns="${enrollment}"><DiscoverResult>${element('AuthPolicy', response.authPolicy)}` +
      maybe('EnrollmentVersion', response.enrollmentVersion) +
      maybe('EnrollmentPolicyServiceUrl', response.policyUrl) +
      element('EnrollmentServiceUrl', response.serviceUrl) +
      maybe('AuthenticationServiceUrl', response.authenticationUrl) +
      '</DiscoverResult></DiscoverResponse>',
  );
}

/** Reads a reply, liberally. Throws XML_*, SOAP_MALFORMED, and MDE_MALFORMED for a fault or where no EnrollmentServiceUrl is in it. */
export function decodeDiscoverResponse(given: EnvelopeLike): DiscoverResponse {
  const { body, fault } = envelopeOf(given, { isLiberal: true });
  if (fault !== undefined) throw protocolError('MDE_MALFORMED', 'the reply to Discover is a fault');
  const result = body && elementOf(body, 'DiscoverResult');
  if (result === undefined) throw protocolError('MDE_MALFORMED', 'the reply holds no DiscoverResult');
  const enrollmentVersion = filled(result, 'EnrollmentVersion');
  const policyUrl = filled(result, 'EnrollmentPolicyServiceUrl');
  const authenticationUrl = filled(result, 'AuthenticationServiceUrl');
  return {
    authPolicy: filled(result, 'AuthPolicy') ?? 'OnPremise',
    serviceUrl: required(result, 'EnrollmentServiceUrl'),
    ...(enrollmentVersion !== undefined && { enrollmentVersion }),
    ...(policyUrl !== undefined && { policyUrl }),
    ...(authenticationUrl !== undefined && { authenticationUrl }),
  };
}

function filled(parent: XmlElement, name: string): string | undefined {
  const text = textIn(parent, name);
  return text === '' ? undefined : text;
}
