// ROBO renewal (specs/windows.md §1.7): when it is due, and how it goes. A renewal that fails leaves the device managed.
import { asError, isRollcallError } from '../../../base/errors.js';
import { valueTypes } from '../../../protocol/mde2/credentials.js';
import { buildWindowsCsr, wrapRenewal } from '../../../protocol/mde2/csr.js';
import { type RenewSettings, readProvisioning } from '../../../protocol/mde2/provisioning.js';
import { decodeTokenResponse, encodeRequestToken } from '../../../protocol/mde2/request-token.js';
import { type Digest, digests } from '../../../protocol/x509/algorithms.js';
import { readableCertificate } from '../../../protocol/x509/certificate.js';
import type { DeviceKey, Ports } from '../../model/ports.js';
import type { ServerTrust } from '../../model/server-rules.js';
import type { DeviceView, SaveDevice } from '../driver.js';
import type { TreeEdit } from './csp/module.js';
import { failed, failureOf, hresult } from './failures.js';
import { certificatesOf, identityOf, renewNode, writeRenew } from './install-document.js';
import type { WindowsMemory } from './memory.js';
import { providerValue } from './provider.js';
import { renewalItems } from './request-facts.js';
import type { SavedIdentity, WindowsData } from './saved.js';
import { readReply, SoapExchange } from './soap-exchange.js';

const dayMs = 86_400_000;

/** Values of CertificateStore/My/WSTEP/Renew/Status. */
const renewalStatus = { none: 0, inProgress: 1, succeeded: 2, failed: 3 } as const;

/** What a renewal is given; a session's context has all of it. */
export interface RenewalContext {
  readonly device: DeviceView;
  readonly ports: Ports;
  readonly memory: WindowsMemory;
  readonly server: ServerTrust;
  readonly signal: AbortSignal;
  readonly save: SaveDevice;
  /** The trees of the device, for settings of renewals that come along with a certificate. Absent: those stay as they were. */
  readonly room?: { edit(memory: WindowsMemory): TreeEdit };
}

/**
 * The first moment after `after` at which the device renews its certificate: from RenewPeriod days before its end on, each
 * RetryInterval days after an attempt (or, after one that brought a certificate, half of its time, where that is less), at once when
 * RenewNow was executed or a process ended in the midst of an attempt. Not before the first session, in which the server says
 * EntDMID; not after the certificate's end, when TLS would not take it any more. Strictly later than `after`, perhaps in the past.
 * Pure. Undefined: never by itself.
 */
export function nextRenewal(data: WindowsData, after: number): number | undefined {
  const end = endOf(data.identity);
  if (end === undefined) return undefined;
  const { renewal } = data;
  const setting = (name: string) => data.tree[`${renewNode}/${name}`.toLowerCase()]?.value;
  const isByItself = setting('ROBOSupport')?.toLowerCase() !== 'false' && data.sessions.count > 0;
  let at: number | undefined;
  if (renewal?.now === true) at = Number.NEGATIVE_INFINITY;
  else if (!isByItself) return undefined;
  else if (renewal?.status === renewalStatus.inProgress) at = renewal.lastAttemptAt ?? Number.NEGATIVE_INFINITY;
  else {
    const opens = end - days(setting('RenewPeriod'), 42) * dayMs;
    at = Math.max(
      opens,
      triesAgainAt(renewal, end, days(setting('RetryInterval'), 7) * dayMs),
      data.enrollment.enrolledAt,
    );
  }
  const due = Math.max(at, after + 1, data.enrollment.enrolledAt);
  return due < end ? due : undefined;
}

/**
 * RetryInterval is for renewals that failed (Learn). Who gives certificates that are inside their window from the beginning would be
 * asked without end after one that did not: by convention the interval holds then, too, but not beyond half of the certificate's time.
 */
function triesAgainAt(renewal: WindowsData['renewal'], end: number, intervalMs: number): number {
  const { lastAttemptAt: last, status } = renewal ?? {};
  if (last === undefined) return Number.NEGATIVE_INFINITY;
  return last + (status === renewalStatus.succeeded ? Math.min(intervalMs, (end - last) / 2) : intervalMs);
}

/** Whether its certificate has ended: nothing renews it then. */
export const hasEnded = ({ identity }: Pick<WindowsData, 'identity'>, now: number): boolean =>
  now > (endOf(identity) ?? Number.POSITIVE_INFINITY);

/** 1 to 1000, as the CSP has it; the default for anything else. */
function days(text: string | undefined, otherwise: number): number {
  const number = /^\d{1,4}$/.test(text ?? '') ? Number(text) : 0;
  return number >= 1 && number <= 1000 ? number : otherwise;
}

/** Certificates are read once for as long as their bytes are held: sleeping devices are asked often. */
const ends = new WeakMap<Uint8Array, number>();

/** notAfter in milliseconds; undefined for what is no certificate. */
function endOf({ certificate }: SavedIdentity): number | undefined {
  const known = ends.get(certificate);
  if (known !== undefined) return known;
  const end = readableCertificate(certificate)?.notAfter.getTime();
  if (end !== undefined) ends.set(certificate, end);
  return end;
}

/**
 * One attempt: a request for a new key, signed with the old one, over TLS with the old certificate. Status, ErrorCode and the
 * time of the attempt are kept whatever comes of it. Afterwards the device has the new identity, saved, and the one before in
 * `renewal.before`. Throws what the attempt failed by, with `details.hresult`: the device stays managed, its old certificate in
 * use. Throws INTERRUPTED and STATE_UNSAVED, after which the attempt was none.
 */
export async function renew(context: RenewalContext): Promise<void> {
  const { memory, ports, signal, save } = context;
  const { data: before, saved } = memory;
  const lastAttemptAt = ports.clock.now();
  const { before: old } = before.renewal ?? {};
  const kept = old === undefined ? {} : { before: old };
  const note = (status: number, errorCode: number) =>
    memory.change({ renewal: { ...kept, status, errorCode, lastAttemptAt } });
  try {
    note(renewalStatus.inProgress, 0);
    await save(); // a process that ends now tries again, and the server may have issued a certificate by then
    const { identity, certificates, settings } = await attempt(context, before);
    memory.change({
      identity,
      certificates: { ...memory.data.certificates, ...certificates },
      renewal: { status: renewalStatus.succeeded, errorCode: 0, lastAttemptAt, before: before.identity },
    });
    if (settings !== undefined && context.room !== undefined) writeRenew(context.room.edit(memory), settings);
    await save();
  } catch (thrown) {
    if (signal.aborted || isRollcallError(thrown, 'STATE_UNSAVED') || !isRollcallError(thrown)) {
      memory.restore(before, saved);
      throw thrown;
    }
    const error = asError(failureOf(thrown, 'RequestSecurityToken'));
    const hex = isRollcallError(error) ? error.details['hresult'] : undefined;
    const { identity, certificates, tree } = before;
    memory.restore({ ...memory.data, identity, certificates, tree });
    note(renewalStatus.failed, typeof hex === 'string' ? Number(hex) : 0x80180008);
    await save();
    throw error;
  }
}

/** No open server was found that takes a renewal as Windows sends it (§0.19). */
const refusedHint =
  'Windows renews with a PKCS#7 that its old certificate signs, over TLS with that certificate; a server that takes a bare PKCS#10 alone refuses it. The device stays managed, and tries again after RetryInterval.';

interface Renewed extends Pick<WindowsData, 'identity' | 'certificates'> {
  readonly settings?: RenewSettings;
}

async function attempt({ device, ports, memory, server, signal }: RenewalContext, data: WindowsData): Promise<Renewed> {
  const { enrollment, identity, account } = data;
  if ((providerValue(data, 'EntDMID') ?? '') === '')
    throw failed('RequestSecurityToken', hresult.notEnrolled, 'EntDMID is not set, without which nothing is renewed', {
      hint: 'The server sets DMClient/Provider/<ProviderID>/EntDMID before the renewal is due.',
    });
  const url = memory.data.tree[`${renewNode}/ServerURL`.toLowerCase()]?.value ?? enrollment.serviceUrl;
  const old = ports.keys.open(identity.key);
  const bits = ([2048, 3072, 4096] as const).find((each) => each === enrollment.keyBits) ?? 2048;
  const key = await ports.keys.take(bits, signal);
  const request = encodeRequestToken({
    to: url,
    requestType: 'Renew',
    token: signedRequest(data, key, old, ports),
    tokenValueType: valueTypes.pkcs7,
    context: renewalItems(device.state, enrollment.type),
  });
  const exchange = new SoapExchange({
    ports,
    device,
    server,
    identity: { certificates: [identity.certificate], key: old.privateKey },
    allowHttp: enrollment.allowHttp ?? false,
    signal,
    faults: 'status', // case D2: 200 with a fault is 0x801900C8
  });
  try {
    const envelope = await exchange.post('Renew', url, request, refusedHint);
    const { document: bytes } = readReply('RequestSecurityToken', url, envelope, decodeTokenResponse);
    const document = readProvisioning(bytes, { kind: 'renewal' });
    const provider = document.application?.providerId;
    if (provider !== undefined && provider !== account.providerId)
      throw failed('provisioning', hresult.account, `the document is for the provider ${provider}`);
    const { renew: settings } = document;
    const renewed = { identity: identityOf(document, key), certificates: certificatesOf(document) };
    return settings === undefined ? renewed : { ...renewed, settings };
  } finally {
    exchange.close();
  }
}

function signedRequest({ deviceId, enrollment, identity }: WindowsData, key: DeviceKey, old: DeviceKey, ports: Ports) {
  const { publicKey, privateKey } = key;
  const digest: Digest = digests.find((each) => each === enrollment.digest) ?? 'sha256';
  const guid = ports.random.uuid();
  const csr = buildWindowsCsr(enrollment.csrForm, { deviceId, guid, publicKey, privateKey, digest });
  const signer = { certificate: identity.certificate, privateKey: old.privateKey };
  return wrapRenewal(csr, signer, new Date(ports.clock.now()));
}

/** The new certificate has been taken by the server: the one before is not needed any more. To be called by whoever used it. */
export function forgetOldIdentity(memory: WindowsMemory): void {
  const { renewal } = memory.data;
  if (renewal?.before === undefined) return;
  const { before: _gone, ...rest } = renewal;
  memory.change({ renewal: rest });
}

/**
 * The server does not take the new certificate, and never has: puts the one before back in use, as a failed renewal leaves it.
 * False where there is none.
 */
export function returnToOldIdentity(memory: WindowsMemory): boolean {
  const { renewal } = memory.data;
  if (renewal?.before === undefined) return false;
  const { before, ...rest } = renewal;
  memory.change({
    identity: before,
    renewal: { ...rest, status: renewalStatus.failed, errorCode: hresult.noClientCertificate },
  });
  return true;
}
