// SOAP 1.2 envelopes with WS-Addressing, as MS-MDE2 uses them: reading, and what all writers share (specs/windows.md §1.0, §1.6).
import { protocolError } from '../errors.js';
import { elementOf, elementsOf, textOf, type XmlElement } from '../xml/element.js';
import { readXml, type XmlReading } from '../xml/read.js';
import { escapeAttribute, escapeText } from '../xml/write.js';
import { readFault, type SoapFault } from './fault.js';
import { namespaces, type Prefix } from './namespaces.js';

export { namespaces } from './namespaces.js';

export const soapContentType = 'application/soap+xml; charset=utf-8';

export interface Envelope {
  /** The four of WS-Addressing, without white space around them; matched by local name, since `Action` occurs without namespace. */
  readonly action?: string;
  readonly messageId?: string;
  readonly relatesTo?: string;
  readonly to?: string;
  /** The first Security of the header, whatever its namespace. */
  readonly security?: XmlElement;
  /** The first child of Body. */
  readonly body?: XmlElement;
  /** Where the body is a fault. HTTP statuses say nothing here: faults come with 200 too. */
  readonly fault?: SoapFault;
}

/** Bounds of an envelope where the caller names none. */
const envelopeBounds = { maxBytes: 1024 * 1024, maxDepth: 32, maxElements: 10_000, maxAttributes: 10_000 };

/**
 * Reads an envelope. Liberal reading takes names in any case and the envelope in any namespace, as faults of other servers
 * come; strict reading asks for SOAP 1.2.
 *
 * @throws XML_MALFORMED, XML_LIMIT for what is no XML or none that is read; SOAP_MALFORMED for other documents.
 */
export function readEnvelope(bytes: Uint8Array, reading: XmlReading = {}): Envelope {
  const root = readXml(bytes, { ...envelopeBounds, ...reading });
  const isLiberal = reading.isLiberal === true;
  const child = isLiberal ? liberalChild : soapChild;
  if (isLiberal ? !isNamed(root, 'envelope') : !isSoap(root, 'Envelope')) {
    throw protocolError('SOAP_MALFORMED', `the document is <${root.name.slice(0, 60)}>, no SOAP 1.2 envelope`);
  }
  const body = child(root, 'Body');
  if (body === undefined) throw protocolError('SOAP_MALFORMED', 'the envelope has no Body');
  const content = elementsOf(body)[0];
  const isFault = content !== undefined && isNamed(content, 'fault') && (isLiberal || isSoap(content, content.name));
  return {
    ...headerOf(child(root, 'Header')),
    ...(content !== undefined && { body: content }),
    ...(isFault && { fault: readFault(content) }),
  };
}

type Child = (element: XmlElement, name: string) => XmlElement | undefined;

const isNamed = ({ name }: XmlElement, lower: string): boolean => name.toLowerCase() === lower;
const isSoap = ({ name, namespace }: XmlElement, wanted: string): boolean =>
  name === wanted && namespace === namespaces.s;
const soapChild: Child = (element, name) => elementsOf(element).find((each) => isSoap(each, name));
const liberalChild: Child = (element, name) =>
  elementOf(element, name) ?? elementsOf(element).find((each) => isNamed(each, name.toLowerCase()));

function headerOf(header: XmlElement | undefined): Omit<Envelope, 'body' | 'fault'> {
  if (header === undefined) return {};
  const text = <K extends string>(key: K, name: string) => {
    const found = liberalChild(header, name);
    return (found === undefined ? {} : { [key]: textOf(found).trim() }) as { readonly [P in K]?: string };
  };
  const security = liberalChild(header, 'Security');
  return {
    ...text('action', 'Action'),
    ...text('messageId', 'MessageID'),
    ...text('relatesTo', 'RelatesTo'),
    ...text('to', 'To'),
    ...(security !== undefined && { security }),
  };
}

/** What is read already, or the bytes of it. */
export type EnvelopeLike = Uint8Array | Envelope;

/** The envelope itself; bytes are read first. */
export const envelopeOf = (given: EnvelopeLike, reading: XmlReading): Envelope =>
  given instanceof Uint8Array ? readEnvelope(given, reading) : given;

export interface RequestHead {
  readonly action: string;
  readonly messageId: string;
  readonly to: string;
  /** u:Id of a:To, where that is signed. */
  readonly toId?: string;
  /** A finished wsse:Security, or nothing. */
  readonly security?: string;
  /** In the order in which Windows declares them. */
  readonly prefixes: readonly Prefix[];
  /** Declared on Body. */
  readonly bodyPrefixes?: readonly Prefix[];
}

/** A request in the layout of Windows, byte for byte: one line, no XML declaration. `body` is finished markup. */
export function writeRequest({ action, messageId, to, security = '', ...head }: RequestHead, body: string): Buffer {
  const id = head.toId === undefined ? '' : ` u:Id="${escapeAttribute(head.toId)}"`;
  return Buffer.from(
    `<s:Envelope${declared(head.prefixes)}><s:Header><a:Action s:mustUnderstand="1">${escapeText(action)}</a:Action>` +
      `<a:MessageID>${escapeText(messageId)}</a:MessageID>` +
      '<a:ReplyTo><a:Address>http://www.w3.org/2005/08/addressing/anonymous</a:Address></a:ReplyTo>' +
      `<a:To s:mustUnderstand="1"${id}>${escapeText(to)}</a:To>${security}</s:Header>` +
      `<s:Body${declared(head.bodyPrefixes ?? [])}>${body}</s:Body></s:Envelope>`,
    'utf8',
  );
}

export interface Reply {
  /** MessageID of the request. */
  readonly relatesTo?: string;
  /** For the log of the server; devices pass it over. */
  readonly activityId?: string;
}

/** A reply, as servers of MS-MDE2 write it. `body` is finished markup. */
export function writeReply(
  action: string,
  { relatesTo, activityId }: Reply,
  { prefixes, security = '' }: { readonly prefixes: readonly Prefix[]; readonly security?: string },
  body: string,
): Buffer {
  const activity =
    activityId === undefined
      ? ''
      : `<ActivityId CorrelationId="${escapeAttribute(activityId)}" xmlns="http://schemas.microsoft.com/2004/09/ServiceModel/Diagnostics">${escapeText(activityId)}</ActivityId>`;
  const relates = relatesTo === undefined ? '' : `<a:RelatesTo>${escapeText(relatesTo)}</a:RelatesTo>`;
  return Buffer.from(
    `<s:Envelope${declared(prefixes)}><s:Header><a:Action s:mustUnderstand="1">${escapeText(action)}</a:Action>` +
      `${activity}${relates}${security}</s:Header><s:Body>${body}</s:Body></s:Envelope>`,
    'utf8',
  );
}

const declared = (prefixes: readonly Prefix[]): string =>
  prefixes.map((prefix) => ` xmlns:${prefix}="${namespaces[prefix]}"`).join('');
