// SOAP 1.2 faults with the detail of MS-MDE2 (specs/windows.md §1.6).
import { elementsOf, textOf, type XmlElement } from '../xml/element.js';
import { escapeAttribute, escapeText } from '../xml/write.js';
import { namespaces } from './namespaces.js';

/** What a server says instead of an answer. Every text is trimmed and bounded. */
export interface SoapFault {
  /** Local part of Code's Value, as it is written (`Receiver`, `receiver`); empty where there is none. */
  readonly code: string;
  /** Local part of the first Subcode's Value: `Authorization`, `enrollmentserver`. */
  readonly subcode?: string;
  readonly reason: string;
  /** DeviceEnrollmentServiceError, wherever it lies in Detail. */
  readonly detail?: SoapFaultDetail;
  /**
   * What Windows looks for in a fault, as it stands there: the ErrorType of the detail, else the value of the Subcode. Names and
   * namespaces of the elements are taken letter by letter, as XPath does. Absent: Windows finds neither.
   */
  readonly word?: string;
}

interface SoapFaultDetail {
  readonly errorType?: string;
  readonly message?: string;
  readonly traceId?: string;
}

const mostText = 2000;
const enrollment = 'http://schemas.microsoft.com/windows/pki/2009/01/enrollment';

const named = (element: XmlElement | undefined, lower: string): XmlElement | undefined =>
  element && elementsOf(element).find(({ name }) => name.toLowerCase() === lower);

function textAt(element: XmlElement | undefined): string | undefined {
  return element === undefined ? undefined : textOf(element).trim().slice(0, mostText);
}

const localPart = (value: string): string => value.slice(value.lastIndexOf(':') + 1);

/** Reads a Fault element: names of elements in any case and namespace, since servers write them so. */
export function readFault(fault: XmlElement): SoapFault {
  const code = named(fault, 'code');
  const subcode = textAt(named(named(code, 'subcode'), 'value'));
  const detail = readDetail(named(fault, 'detail'));
  const word = wordOf(fault);
  return {
    code: localPart(textAt(named(code, 'value')) ?? ''),
    reason: textAt(named(named(fault, 'reason'), 'text')) ?? '',
    ...(subcode !== undefined && subcode !== '' && { subcode: localPart(subcode) }),
    ...(detail !== undefined && { detail }),
    ...(word !== undefined && { word }),
  };
}

type Step = readonly [name: string, namespace: string];
const soap = (name: string): Step => [name, namespaces.s];

/** `//s:Fault//s:Detail//e:DeviceEnrollmentServiceError//e:ErrorType`, else `//s:Fault//s:Code//s:Subcode//s:Value`. */
function wordOf(fault: XmlElement): string | undefined {
  if (fault.name !== 'Fault' || fault.namespace !== namespaces.s) return undefined;
  const errorType = [soap('Detail'), ['DeviceEnrollmentServiceError', enrollment], ['ErrorType', enrollment]] as const;
  return textAt(below(fault, errorType)) || textAt(below(fault, ['Code', 'Subcode', 'Value'].map(soap)));
}

/** The first in the order of the document that these steps lead to, each at any depth below the one before. */
function below(element: XmlElement, steps: readonly Step[]): XmlElement | undefined {
  const [[name, namespace] = ['', ''], ...others] = steps;
  for (const child of elementsOf(element)) {
    const isNext = child.name === name && child.namespace === namespace;
    if (isNext && others.length === 0) return child;
    const found = (isNext ? below(child, others) : undefined) ?? below(child, steps);
    if (found !== undefined) return found;
  }
  return undefined;
}

function readDetail(detail: XmlElement | undefined): SoapFaultDetail | undefined {
  if (detail === undefined) return undefined;
  const error = named(detail, 'deviceenrollmentserviceerror') ?? detail;
  const errorType = textAt(named(error, 'errortype'));
  const message = textAt(named(error, 'message'));
  const traceId = textAt(named(error, 'traceid'));
  if (errorType === undefined && message === undefined && traceId === undefined) return undefined;
  return {
    ...(errorType !== undefined && { errorType }),
    ...(message !== undefined && { message }),
    ...(traceId !== undefined && { traceId }),
  };
}

/** Subcodes whose values MS-MDE2 gives in the namespace of WS-Addressing; the others lie in SOAP's. */
const ofAddressing = new Set(['InternalServiceFault', 'InvalidSecurity']);

interface FaultToWrite extends Omit<SoapFault, 'code' | 'word'> {
  /** Default Receiver. */
  readonly code?: 'Sender' | 'Receiver';
  /** Language of the reason; default en-us. */
  readonly lang?: string;
  /** MessageID of the request. */
  readonly relatesTo?: string;
  /** Default: the reply of the enrollment service. */
  readonly action?: string;
}

/** An envelope with a fault, to be sent with HTTP 500 (SOAP 1.2 part 2, §7.5.2.2). */
export function writeFault({
  code = 'Receiver',
  subcode,
  reason,
  detail,
  lang = 'en-us',
  relatesTo,
  action = `${enrollment}/rstrc/wstep`,
}: FaultToWrite): Buffer {
  const prefix = subcode !== undefined && ofAddressing.has(subcode) ? 'a' : 's';
  const second =
    subcode === undefined ? '' : `<s:Subcode><s:Value>${prefix}:${escapeText(subcode)}</s:Value></s:Subcode>`;
  const relates = relatesTo === undefined ? '' : `<a:RelatesTo>${escapeText(relatesTo)}</a:RelatesTo>`;
  return Buffer.from(
    `<s:Envelope xmlns:s="${namespaces.s}" xmlns:a="${namespaces.a}"><s:Header>` +
      `<a:Action s:mustUnderstand="1">${escapeText(action)}</a:Action>${relates}</s:Header>` +
      `<s:Body><s:Fault><s:Code><s:Value>s:${code}</s:Value>${second}</s:Code>` +
      `<s:Reason><s:Text xml:lang="${escapeAttribute(lang)}">${escapeText(reason)}</s:Text></s:Reason>` +
      `${detail === undefined ? '' : writeDetail(detail)}</s:Fault></s:Body></s:Envelope>`,
    'utf8',
  );
}

function writeDetail({ errorType, message, traceId }: SoapFaultDetail): string {
  const element = (name: string, text: string | undefined) =>
    text === undefined ? '' : `<${name}>${escapeText(text)}</${name}>`;
  return (
    `<s:Detail><DeviceEnrollmentServiceError xmlns="${enrollment}">` +
    `${element('ErrorType', errorType)}${element('Message', message)}${element('TraceId', traceId)}` +
    '</DeviceEnrollmentServiceError></s:Detail>'
  );
}
