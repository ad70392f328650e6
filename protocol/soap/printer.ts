// SOAP envelopes in a trace. Tokens and passwords are shown to nobody; what a request or reply carries is, by whoever reads it.
import { isSecretName } from '../../base/secret-names.js';
import { outline } from '../printing/outline.js';
import { indented, type PrintContext, type Printer, secretMark } from '../printing/printer.js';
import { attributeOf, elementsOf, textOf, type XmlElement } from '../xml/element.js';
import { readXml } from '../xml/read.js';

const reading = { maxBytes: 1024 * 1024, maxDepth: 40, maxElements: 20_000, maxAttributes: 20_000, isLiberal: true };

/** The first element of a document by its local name, as far as its beginning shows it. */
export function rootName(body: Uint8Array): string | undefined {
  const start = Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, 1024)).toString('latin1');
  return /^(?:\xef\xbb\xbf)?\s{0,100}(?:<\?xml [^>]{0,200}>\s{0,100})?<(?:[\w.-]{1,100}:)?([\w.-]{1,100})[\s/>]/.exec(
    start,
  )?.[1];
}

/** Envelopes of SOAP: the header's addresses, who speaks, and the body as an outline. */
export const soapPrinter: Printer = {
  name: 'SOAP',
  handles: (contentType, body) =>
    rootName(body)?.toLowerCase() === 'envelope' || contentType === 'application/soap+xml',
  print(body, context) {
    const root = readXml(body, reading);
    if (root.name.toLowerCase() !== 'envelope') throw new Error('no envelope');
    return [
      'SOAP envelope',
      ...indented(
        elementsOf(root)
          .flatMap((part) => elementsOf(part))
          .flatMap((each) => linesOf(each, context, false)),
      ),
    ];
  },
};

/** Elements whose names only sound like secrets: those of WS-Trust, WS-Security and MS-XCEP that hold other elements. */
const structural =
  /^(?:Request(?:ed)?SecurityToken(?:Response(?:Collection)?)?|UsernameToken|privateKeyAttributes|privateKeyFlags)$/;

/** One element: its text on one line, or its children further to the right. */
function linesOf(element: XmlElement, context: PrintContext, isSecret: boolean): readonly string[] {
  const { name } = element;
  if (name === 'BinarySecurityToken') return tokenLines(element, context);
  if (name === 'ContextItem') return contextItem(element, context, isSecret);
  const hides = isSecret || (isSecretName(name) && !structural.test(name));
  const children = elementsOf(element);
  if (children.length > 0) return [`${name}:`, ...indented(children.flatMap((each) => linesOf(each, context, hides)))];
  return valueLines(name, textOf(element).trim(), context, hides);
}

/**
 * One named value, by the outline's rules: shortened, masked, long base64 shown as what it stands for; identifiers of
 * hexadecimal digits are no base64.
 */
export function valueLines(name: string, text: string, context: PrintContext, hides: boolean): readonly string[] {
  const shown = name.slice(0, 200).replace(/\p{Cc}/gu, ' ');
  if (text === '') return [shown];
  if (hides) return [`${shown}: ${secretMark}`];
  const [first = '', ...rest] = /^[0-9A-Fa-f]{1,128}$/.test(text) ? [`"${text}"`] : outline(text, context);
  return [`${shown}: ${first}`, ...indented(rest)];
}

function contextItem(element: XmlElement, context: PrintContext, isSecret: boolean): readonly string[] {
  const name = attributeOf(element, 'Name') ?? '';
  const value = elementsOf(element, 'Value').map(textOf).join(' ').trim();
  return valueLines(`ContextItem ${name}`, value, context, isSecret || isSecretName(name));
}

/** What may be opened: a request for a certificate, its PKCS#7, a provisioning document. Any other token lets somebody in. */
const carried = /(?:#PKCS10|#PKCS7|\/DeviceEnrollmentProvisionDoc)$/;

function tokenLines(element: XmlElement, context: PrintContext): readonly string[] {
  const type = (attributeOf(element, 'ValueType') ?? '').replace(/\p{Cc}/gu, ' ');
  const label = `BinarySecurityToken (${type.slice(type.search(/[^/#:]*$/)).slice(0, 60) || 'no type'})`;
  const text = textOf(element).replace(/\s+/g, '');
  if (!carried.test(type) || !/^[A-Za-z0-9+/]{1,2000000}={0,2}$/.test(text)) return [`${label}: ${secretMark}`];
  const lines = context.inner(Buffer.from(text, 'base64'));
  return lines.length === 0
    ? [`${label}: ${text.length.toLocaleString('en-US')} characters`]
    : [`${label}:`, ...indented(lines)];
}
