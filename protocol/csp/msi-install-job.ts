// MsiInstallJob, what an Exec of DownloadInstall carries (Learn, EnterpriseDesktopAppManagement CSP, with its XSD and samples).
import { attributeOf, type XmlElement } from '../xml/element.js';
import { escapeAttribute } from '../xml/write.js';
import {
  inRow,
  inSequence,
  Markup,
  malformed,
  maybeTag,
  neededPart,
  numberOf,
  type Parts,
  partOf,
  plainText,
  readDocument,
  tag,
  textAt,
} from './document.js';

/** How an MSI package is fetched, checked and installed. */
export interface MsiInstallJob {
  /** The attribute `id`, with or without braces. */
  readonly id: string;
  /** Of the product, as the server writes it. */
  readonly version: string;
  /** Where the package is: http or https, at least one, tried in this order. */
  readonly contentUrls: readonly string[];
  /** SHA-256 of the package: 64 hexadecimal digits, upper case. */
  readonly fileHash: string;
  /** Options for msiexec. */
  readonly commandLine?: string;
  /** Minutes that the installation may run; 0: without end. */
  readonly timeOutMinutes?: number;
  readonly retryCount?: number;
  readonly retryIntervalMinutes?: number;
  /** The device's Entra token goes with the download. */
  readonly downloadFromAad?: boolean;
}

/** Bounds of ours; no sample has more than two addresses. */
const mostUrls = 20;
const mostUrlChars = 2048;
const mostTextChars = 256;
const mostCommandLineChars = 8191;

/** Servers write the document into Data as it is, where it has SyncML's namespace, or escaped, where it has none. */
const inherited = ['SYNCML:SYNCML1.2', 'SYNCML:SYNCML1.1'];

/**
 * Reads a job as strictly as its schema is: elements in their order, nothing unknown. What the schema calls required in Enforcement
 * may be missing, a leniency of ours: no report says that Windows asks for it. Throws CSP_MALFORMED.
 */
export function readMsiInstallJob(xml: string): MsiInstallJob {
  const root = readDocument(xml, 'MsiInstallJob', '', inherited);
  const product = neededPart(inSequence(root, ['Product']), 'Product', 'MsiInstallJob');
  const parts = inSequence(product, ['Download', 'Validation', 'Enforcement']);
  const validation = inSequence(neededPart(parts, 'Validation', 'Product'), ['FileHash']);
  const fileHash = plainText(neededPart(validation, 'FileHash', 'Validation')).toUpperCase();
  if (!/^[0-9A-F]{64}$/.test(fileHash)) throw malformed('FileHash is no SHA-256 in hexadecimal');
  return {
    id: attribute(root, 'id'),
    version: attribute(product, 'Version'),
    contentUrls: urlsOf(neededPart(parts, 'Download', 'Product')),
    fileHash,
    ...enforcementOf(partOf(parts, 'Enforcement')),
  };
}

function attribute(element: XmlElement, name: string): string {
  const value = attributeOf(element, name)?.trim() ?? '';
  if (value !== '' && value.length <= mostTextChars) return value;
  throw malformed(`${name} of ${element.name} is missing, empty or longer than ${mostTextChars} characters`);
}

function urlsOf(download: XmlElement): readonly string[] {
  const list = neededPart(inSequence(download, ['ContentURLList']), 'ContentURLList', 'Download');
  const urls = (inSequence(list, ['ContentURL*']).get('ContentURL') ?? []).map(plainText);
  if (urls.length === 0) throw malformed('ContentURLList has no ContentURL');
  if (urls.length > mostUrls) throw malformed(`ContentURLList has more than ${mostUrls} addresses`);
  if (!urls.every(isHttp)) throw malformed('a ContentURL is no http or https address');
  return urls;
}

const isHttp = (url: string): boolean =>
  url.length <= mostUrlChars && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);

function enforcementOf(enforcement: XmlElement | undefined): Partial<MsiInstallJob> {
  if (enforcement === undefined) return {};
  const names = ['CommandLine', 'TimeOut', 'RetryCount', 'RetryInterval', 'DownloadFromAad'];
  const parts = inSequence(enforcement, names);
  const commandLine = textAt(parts, 'CommandLine');
  if (commandLine !== undefined && commandLine.length > mostCommandLineChars)
    throw malformed(`CommandLine has more than ${mostCommandLineChars} characters`);
  const [timeOut, retryCount, retryInterval] = ['TimeOut', 'RetryCount', 'RetryInterval'].map((name) =>
    byteAt(parts, name),
  );
  const fromAad = byteAt(parts, 'DownloadFromAad');
  return {
    ...(commandLine === undefined ? {} : { commandLine }),
    ...(timeOut === undefined ? {} : { timeOutMinutes: timeOut }),
    ...(retryCount === undefined ? {} : { retryCount }),
    ...(retryInterval === undefined ? {} : { retryIntervalMinutes: retryInterval }),
    ...(fromAad === undefined ? {} : { downloadFromAad: fromAad !== 0 }),
  };
}

/** xs:unsignedByte. */
function byteAt(parts: Parts, name: string): number | undefined {
  const text = textAt(parts, name);
  const value = text === undefined ? undefined : numberOf(text, name, 3);
  if (value !== undefined && value > 255) throw malformed(`${name} is more than 255`);
  return value;
}

/** The document for an Exec, as a server writes it; the caller escapes it where it goes into Data as text. */
export function writeMsiInstallJob(job: MsiInstallJob): string {
  const { commandLine, timeOutMinutes, retryCount, retryIntervalMinutes, downloadFromAad } = job;
  const enforcement = [commandLine, timeOutMinutes, retryCount, retryIntervalMinutes, downloadFromAad].some(
    (each) => each !== undefined,
  );
  const product = inRow(
    tag('Download', tag('ContentURLList', ...job.contentUrls.map((url) => tag('ContentURL', url)))),
    tag('Validation', tag('FileHash', job.fileHash)),
    enforcement
      ? tag(
          'Enforcement',
          maybeTag('CommandLine', commandLine),
          maybeTag('TimeOut', timeOutMinutes),
          maybeTag('RetryCount', retryCount),
          maybeTag('RetryInterval', retryIntervalMinutes),
          maybeTag('DownloadFromAad', downloadFromAad === undefined ? undefined : Number(downloadFromAad)),
        )
      : undefined,
  );
  const whole = withAttribute('Product', 'Version', job.version, product);
  return withAttribute('MsiInstallJob', 'id', job.id, whole).text;
}

const withAttribute = (name: string, attribute: string, value: string, inside: Markup): Markup =>
  new Markup(`<${name} ${attribute}="${escapeAttribute(value)}">${inside.text}</${name}>`);
