// What an invitation comes to: the QR code's bundle, fetched or given, or a server's address and the device's own number (§1.9).
import { isUtf8 } from 'node:buffer';
import { isRollcallError } from '../../../base/errors.js';
import { shownAddress } from '../../../base/shown-address.js';
import { visibleLine } from '../../../base/terminal.js';
import { type Provisioning, readProvisioning } from '../../../protocol/headwind/extras.js';
import { isDeviceNumber } from '../../../protocol/headwind/number.js';
import { type ServerAddress, splitServerUrl } from '../../../protocol/headwind/server-url.js';
import { agentError } from '../../errors.js';
import type { HttpAnswer, Ports } from '../../model/ports.js';
import type { ServerTrust } from '../../model/server-rules.js';
import type { DeviceFacts } from '../../model/state.js';
import type { DeviceView, Invitation } from '../driver.js';
import { portalHeaders } from '../portal-headers.js';
import { okhttp } from './api.js';
import type { Manners } from './manners.js';
import { isSuccessful, statusRefusal } from './reply.js';

/** The launcher's own component: Android's setup starts no other. */
const launcherComponent = 'com.hmdm.launcher/';
const mostBytes = 64 * 1024;
/** Of a launcher that the QR code says nothing to, and of one that was set up by hand. */
const retries = { provisioned: 2, byHand: 1, delay: 15 } as const;

/** What the launcher knows before its first contact. */
export interface Setup extends Omit<Provisioning, 'baseUrl' | 'secondaryBaseUrl' | 'serverProject'> {
  readonly number: string;
  readonly address: ServerAddress;
  readonly secondaryBaseUrl: string;
  readonly retryCount: number;
  readonly retryDelay: number;
  /** Headers of the first request where the enrollment starts in a Company Portal (convention). */
  readonly portal: Readonly<Record<string, string>>;
}

interface SetupParts {
  readonly device: DeviceView;
  readonly ports: Ports;
  readonly server: ServerTrust;
  readonly manners: Manners;
  readonly signal: AbortSignal;
}

/** Throws ENROLL_FAILED for an invitation that no device could be set up by, and what the transport throws. */
export async function setUpBy(invitation: Invitation, parts: SetupParts): Promise<Setup> {
  return { ...(await setupOf(invitation, parts)), portal: portalHeaders(invitation) };
}

type Told = Omit<Setup, 'portal'>;

async function setupOf(invitation: Invitation, parts: SetupParts): Promise<Told> {
  const { document, url } = invitation;
  if (document !== undefined) return setupIn(read(document, 'the document'), parts);
  if (url === undefined) throw agentError('ENROLL_FAILED', 'the invitation has neither a document nor a url');
  if (/^https?:\/\/[^?#]*\/rest\/public\/qr\/(?!json\/)/i.test(url))
    throw agentError('ENROLL_FAILED', `${shownAddress(url)} is the picture of a QR code`, {
      hint: 'Give the address of what it says: the same with /rest/public/qr/json/ in place of /rest/public/qr/.',
    });
  if (/^https?:\/\/[^?#]*(?:\/rest\/public\/qr\/json\/[^?#]*|\.json)(?:[?#]|$)/i.test(url))
    return setupIn(read(await fetchDocument(url, parts), shownAddress(url)), parts);
  return byHand(url, parts);
}

async function fetchDocument(url: string, { ports, server, signal }: SetupParts): Promise<Uint8Array> {
  const session = ports.http.open({ server, allowsHttp: true });
  try {
    const answer = await session.request({
      operation: 'qr',
      method: 'GET',
      url,
      headers: okhttp,
      maxBytes: mostBytes,
      signal,
    });
    if (!isSuccessful(answer)) throw notGiven(answer);
    return answer.body;
  } finally {
    session.close();
  }
}

/** A server answers 500 for a key that it does not know; that is no reason to ask again. */
function notGiven(answer: HttpAnswer): Error {
  const cause = statusRefusal(answer);
  if (answer.status === 429 || (answer.status > 500 && answer.status < 600)) return cause;
  return agentError('ENROLL_REFUSED', `no QR code is there: ${cause.message}`, {
    cause,
    hint: 'Look at the key in the address: a Headwind server answers 500 for one that it does not know.',
    details: cause.details,
  });
}

function read(bytes: Uint8Array, what: string): Provisioning {
  if (bytes.length > mostBytes) throw agentError('ENROLL_FAILED', `${what} is larger than any QR code`);
  if (!isUtf8(bytes) || bytes[0] === 0x89)
    throw agentError('ENROLL_FAILED', `${what} is no text`, {
      hint: 'Give the text of the QR code, as JSON: its picture is not read.',
    });
  try {
    return readProvisioning(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch (cause) {
    if (!isRollcallError(cause)) throw cause;
    throw agentError('ENROLL_FAILED', `${what} cannot be read as a QR code: ${cause.message}`, {
      cause,
      hint: 'The server puts “Admin extras” and “QR code parameters” of the configuration into it as they were typed: look for a comma or a quotation mark there.',
      details: cause.details,
    });
  }
}

/** The server that a QR code's text names, with its project. */
export function serverIn(document: Uint8Array): string | undefined {
  try {
    const { baseUrl, serverProject = '' } = read(document, 'the document');
    if (baseUrl === undefined) return undefined;
    const project = serverProject.replace(/^\/|\/$/g, '');
    const address = shownAddress(`${baseUrl.replace(/\/+$/, '')}/${project}`);
    return visibleLine(address.slice(0, 200)).replace(/\/$/, '');
  } catch (error) {
    if (isRollcallError(error)) return undefined; // the enrollment says what is wrong with it
    throw error;
  }
}

function setupIn(provisioning: Provisioning, { device, manners }: SetupParts): Told {
  const { component, baseUrl, serverProject = '', deviceId, deviceIdUse, ignored, ...rest } = provisioning;
  if (component !== undefined && !component.startsWith(launcherComponent))
    throw agentError(
      'ENROLL_FAILED',
      `the QR code is for ${visibleLine(component.slice(0, 200))}, not for Headwind’s launcher`,
      {
        hint: 'Android would set up that app, and no device of this protocol: give the QR code of a Headwind server.',
      },
    );
  if (baseUrl === undefined)
    throw agentError('ENROLL_FAILED', 'the QR code names no server (com.hmdm.BASE_URL)', {
      hint: 'A launcher would turn to the server that it was built for.',
    });
  const split = splitServerUrl(baseUrl);
  if (split === undefined)
    throw agentError('ENROLL_FAILED', `the QR code’s server has no address: ${visibleLine(baseUrl.slice(0, 200))}`);
  tellIgnored(device, ignored);
  const number = deviceId ?? numberBy(deviceIdUse, device.state.facts, manners) ?? device.state.facts.id;
  requireNumber(number);
  return {
    ...rest,
    ignored,
    number,
    address: { base: split.base, project: serverProject.replace(/^\/|\/$/g, '') },
    secondaryBaseUrl: splitServerUrl(provisioning.secondaryBaseUrl ?? baseUrl)?.base ?? split.base, // an address that is none: the primary one
    retryCount: provisioning.retryCount ?? retries.provisioned,
    retryDelay: provisioning.retryDelay ?? retries.delay,
  };
}

/** A person types the server’s address and the number. */
function byHand(url: string, { device }: SetupParts): Told {
  const address = splitServerUrl(url);
  if (address === undefined) throw agentError('ENROLL_FAILED', `${shownAddress(url)} is no address of a server`);
  const { id: number } = device.state.facts;
  requireNumber(number);
  return {
    number,
    address,
    secondaryBaseUrl: address.base,
    retryCount: retries.byHand,
    retryDelay: retries.delay,
    ignored: [],
    rest: {},
  };
}

function requireNumber(number: string): void {
  if (isDeviceNumber(number)) return;
  throw agentError('ENROLL_FAILED', `“${visibleLine(number.slice(0, 120))}” cannot be a device number`, {
    hint: 'It is part of addresses and the name of a topic: use letters, digits, “_” and “-”, a hundred at most.',
  });
}

/** The launcher takes the IMEI or the serial number where it may read it; any other word means that a person types a number. */
function numberBy(use: string | undefined, facts: DeviceFacts, { management }: Manners): string | undefined {
  if (use !== 'imei' && use !== 'serial') return undefined;
  const value = use === 'imei' ? facts.imei : facts.serial;
  if (management !== 'fully-managed')
    throw agentError(
      'ENROLL_FAILED',
      `the QR code asks for the ${use} as device number, which Android shows to the owner of a device alone`,
    );
  if (value === undefined)
    throw agentError('ENROLL_FAILED', 'the QR code asks for the IMEI as device number, and the device has none', {
      hint: 'Take com.hmdm.DEVICE_ID_USE “serial” for devices without a modem.',
    });
  return value;
}

function tellIgnored(device: DeviceView, ignored: readonly string[]): void {
  for (const key of ignored)
    device.tell({
      type: 'trouble',
      code: 'HEADWIND_IGNORED',
      message: `the launcher passes over ${key} in the QR code: its value has another type than it reads`,
      hint: 'CONN_RETRY_COUNT and CONN_RETRY_DELAY must be numbers, without quotation marks; all else is text.',
      about: key,
    });
}
