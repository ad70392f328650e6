// Joining an authority (specs/android.md §1.3, §1.9): all of it, or nothing stays. It stands after the first apply and sync/info.
import { isRollcallError, type RollcallError } from '../../../base/errors.js';
import type { JsonValue } from '../../../base/json.js';
import { shownAddress } from '../../../base/shown-address.js';
import { visibleLine } from '../../../base/terminal.js';
import { readConfiguration } from '../../../protocol/headwind/configuration.js';
import { messages } from '../../../protocol/headwind/messages.js';
import { defaultSecret } from '../../../protocol/headwind/signature.js';
import { readCertificate } from '../../../protocol/x509/certificate.js';
import { readPem } from '../../../protocol/x509/pem.js';
import { agentError } from '../../errors.js';
import type { Apply, Invitation } from '../driver.js';
import { troubleOf } from '../trouble.js';
import { enrollingBy } from './enrolling.js';
import { AndroidMemory } from './memory.js';
import { applyProfiles, type ProvisionedWifi } from './profiles/apply.js';
import type { Setup } from './provisioning.js';
import { isSuccessful, readReasons, statusRefusal, whyOf } from './reply.js';
import { type Session, sendInfo, update } from './update.js';

const mostCertificateBytes = 256 * 1024;

/** What an enrollment remembers before its first contact. */
export function memoryFor({ authority, token }: Invitation, setup: Setup, now: number): AndroidMemory {
  const { number, address, secondaryBaseUrl, retryCount, retryDelay, mqttPort, wifi } = setup;
  return new AndroidMemory(authority, {
    number,
    baseUrl: address.base,
    secondaryBaseUrl,
    project: address.project,
    secret: typeof token === 'string' ? token : defaultSecret,
    retryCount,
    retryDelay,
    enrolledAt: now,
    forcedAt: now,
    infoAt: now,
    ...(mqttPort === undefined ? {} : { mqttPort }),
    ...(wifi === undefined ? {} : { provisionedWifi: provisionedWifi(wifi) }),
  });
}

/**
 * What Android's setup would make of the device before the launcher starts. Launcher 6.36 has the word WORK_PROFILE and passes over
 * it: a thorough device becomes what the QR code says, and tells the difference.
 */
export async function provision(
  { workProfile }: Setup,
  session: Pick<Session, 'device' | 'manners'>,
  apply: Apply,
): Promise<void> {
  const { device, manners } = session;
  if (workProfile !== true || manners.mode === 'launcher' || manners.management !== 'fully-managed') return;
  device.tell({
    type: 'trouble',
    code: 'LAUNCHER_DIFFERS',
    message:
      'the QR code asks for a work profile; launcher 6.36 does not look at com.hmdm.WORK_PROFILE and takes the whole device',
    about: 'com.hmdm.WORK_PROFILE',
  });
  const native = { ...device.state.facts.native, Management: 'work-profile' };
  await apply({ kind: 'native', platform: 'android', name: 'Provisioning', body: { change: { facts: { native } } } });
}

/**
 * The network, the certificates, POST sync/configuration, what the configuration says, sync/info. Throws ENROLL_REFUSED for what the
 * server does not take, ENROLL_FAILED for what stops before it is asked, AUTHORITY_BUSY and what the transport throws.
 */
export async function join(session: Session, setup: Setup, settled: () => Promise<void>): Promise<void> {
  const { device, signal, memory } = session;
  await joinNetwork(session, setup);
  for (const url of setup.certUrls ?? []) await installCertificate(session, url.trim());
  try {
    await update(session, { reason: 'enrolled', enrollment: enrollingBy(setup, session) });
  } catch (error) {
    throw isRollcallError(error) && !signal.aborted ? refusalOf(error) : error;
  }
  await settled();
  try {
    await sendInfo(session, true);
  } catch (error) {
    if (!isRollcallError(error) || signal.aborted || error.code === 'STATE_UNSAVED') throw error;
    if (isReasoned(error)) {
      tellStaying(session);
      throw refusalOf(error);
    }
    device.tell(troubleOf(error, 'sync/info')); // the server has taken it in, and hears the rest in the session that follows
    memory.change({ isFresh: true });
  }
}

const isReasoned = ({ details }: RollcallError): boolean =>
  readReasons(details['refusal'] as JsonValue | undefined) !== undefined;

const tellStaying = ({ device }: Session): void =>
  device.tell({
    type: 'trouble',
    code: 'LAUNCHER_DIFFERS',
    message:
      'launcher 6.36 does not look at the answer to sync/info: it would keep what it was given, and hear of its end at the next GET',
    about: 'sync/info',
  });

async function joinNetwork(session: Session, { wifi }: Setup): Promise<void> {
  if (wifi === undefined) return;
  const { failures } = await applyProfiles(session, {
    configuration: readConfiguration({}),
    bundles: new Map(),
    file: () => undefined,
    wifi: provisionedWifi(wifi),
  });
  const [first] = failures;
  if (first !== undefined) throw agentError('ENROLL_FAILED', `the network of the QR code: ${first.reason}`);
}

/** The same network each time: what it is kept as is what the configuration is applied with. */
const provisionedWifi = ({ ssid, security, password, hidden }: NonNullable<Setup['wifi']>): ProvisionedWifi => ({
  ssid,
  ...(security === undefined ? {} : { securityType: security }),
  ...(password === undefined ? {} : { password }),
  ...(hidden === undefined ? {} : { hidden }),
});

/** The first that fails ends the setup: a person would be asked to try again. */
async function installCertificate(session: Session, url: string): Promise<void> {
  const shown = shownAddress(url);
  const fail = (why: string, cause?: unknown): RollcallError =>
    agentError('ENROLL_FAILED', `com.hmdm.CERTS: ${shown}: ${why}`, { cause, details: { url: shown } });
  let der: Uint8Array;
  try {
    const answer = await session.api.download(url, { maxBytes: mostCertificateBytes });
    if (!isSuccessful(answer)) throw statusRefusal(answer);
    der = certificateIn(answer.body);
  } catch (error) {
    if (!isRollcallError(error) || session.signal.aborted) throw error;
    throw fail(error.message, error);
  }
  const profile = { kind: 'certificate', name: shown, role: 'root', source: { type: 'der', der } } as const;
  const outcome = await session.apply({ kind: 'install-profile', profile });
  if (outcome.status !== 'done') throw fail(`Installation error: ${outcome.reason}`);
}

/** As Android's installCaCert reads it: the first certificate of PEM, or DER. */
function certificateIn(body: Buffer): Uint8Array {
  const isPem = body.includes('-----BEGIN ');
  const der = isPem ? (readPem(body)[0]?.der ?? body) : body;
  readCertificate(der);
  return der;
}

/** What the server says of a device that it does not take in, for the person at it. */
function refusalOf(error: RollcallError): RollcallError {
  const { status, message, refusal, url } = error.details;
  const isReply = status === 200 && typeof message === 'string';
  const reasons = readReasons(refusal as JsonValue | undefined);
  const isNo = isReply && (error.code === 'CHECKIN_REFUSED' || reasons !== undefined || message !== messages.internal);
  const isHttp =
    error.code === 'AUTHORITY_BUSY' && typeof status === 'number' && status >= 400 && status < 500 && status !== 429;
  if (!isNo && !isHttp) return error;
  const why = whyOf(refusal as JsonValue | undefined);
  const remedies = reasons?.['remedies'] === undefined ? undefined : visibleLine(reasons['remedies']);
  const hint = why !== undefined ? remedies : typeof message === 'string' ? (hints[message] ?? error.hint) : error.hint;
  return agentError('ENROLL_REFUSED', why === undefined ? error.message : `${error.message}: ${why}`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
    details: { status, url, ...(typeof message === 'string' ? { message } : {}), ...reasons },
  });
}

const hints: Readonly<Record<string, string>> = {
  [messages.notFound]:
    'The server has no device of this number and creates none: add it there, take a QR code that names a configuration (create=1), or let it create new devices. It says the same when its licence is used up.',
};
