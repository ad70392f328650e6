// POST Enrollment.svc: a certificate and a provisioning document for a device that enrolls (specs/windows.md §1.4, §1.5). The request
// is the enrollment's first step for the core; the first management session is its last (E01 lies between them).
import { createHash } from 'node:crypto';
import { readWindowsCsr } from '../../protocol/mde2/csr.js';
import { decodeRequestToken, encodeTokenResponse, type RstRequest } from '../../protocol/mde2/request-token.js';
import { readEnvelope } from '../../protocol/soap/envelope.js';
import { publicKeyInfo } from '../../protocol/x509/algorithms.js';
import type { EnrollRequest } from '../core/types.js';
import type { Route, StubAnswer, StubRequest } from '../http-types.js';
import { type Attempted, attemptOf, nameOf } from './attempt.js';
import { paths, type WindowsContext } from './context.js';
import { inWords, requireToken } from './credentials.js';
import { requireConsent } from './entra/terms.js';
import { factOf, facts } from './facts.js';
import { knownAs } from './identity.js';
import { issue, requireUsableKey } from './issue.js';
import { remember } from './memory.js';
import { proven } from './proven.js';
import { enrollmentDocument, newNonce } from './provisioning.js';
import { faulting, refuseWith, soapAnswer } from './refusals.js';
import { renew } from './renew.js';

export const enrollmentRoute = (context: WindowsContext): Route => ({
  method: 'POST',
  path: paths.enrollment,
  handle: faulting(context, async (request) => {
    const envelope = readEnvelope(request.body);
    const asked = decodeRequestToken(envelope);
    if (asked.requestType === 'Renew') return renew(asked, request, context);
    const credential = await proven(envelope, asked.credential, request, context);
    const deviceId = knownAs(itemOf(asked, 'DeviceID') ?? '');
    return enroll(asked, attemptOf(credential, request, context, deviceId), request, context);
  }),
});

function enroll(asked: RstRequest, attempt: Attempted, request: StubRequest, context: WindowsContext): StubAnswer {
  const { tenant, ca, tokens, beginnings, hardware, sessions, random, addresses, entra, settings } = context;
  const { token, isByEntra = false } = attempt;
  const about = readContext(asked);
  const { deviceId, hardwareId, enrollmentType, manufacturer } = about;
  const csr = readWindowsCsr(asked.token);
  requireUsableKey(csr.publicKey);
  if (csr.deviceId !== undefined && knownAs(csr.deviceId) !== deviceId) {
    throw refuseWith({ subcode: 'CertificateRequest' }, 'the certification request is for another device');
  }
  const holder = { deviceId, key: createHash('sha256').update(publicKeyInfo(csr.publicKey)).digest('hex') };
  if (token !== undefined) requireToken(token, holder, context);
  const asks = { blob: itemOf(asked, 'EnrollmentData'), userId: attempt.user, holder };
  const consent = isByEntra && settings.termsOfUse !== '' ? requireConsent(asks, context) : undefined;
  const formerDeviceId = formerOf(about, context);
  const wanted = { ...enrollRequest(about, attempt), ...(formerDeviceId !== undefined && { formerDeviceId }) };
  const device = inWords(attempt.user, tenant, () => tenant.enroll(wanted));
  if (formerDeviceId !== undefined) tenant.unenroll(formerDeviceId, 'abandoned');
  beginnings.end(request.remote, nameOf(attempt, context));
  const user = device.userId === undefined ? undefined : tenant.user(device.userId);
  const { certificate, commonName, serial, expiresAt } = issue(csr, device, context);
  ca.issued.revokeDevice(deviceId, serial);
  sessions.delete(deviceId);
  if (token !== undefined) tokens.use(token, holder);
  if (consent !== undefined) entra.consents.use(consent, holder);
  const origin = addresses.originFor(request);
  const secret = random(24).toString('base64url');
  const serverSecret = random(24).toString('base64url');
  const serverNonce = newNonce(context);
  hardware.add(hardwareId, deviceId);
  remember(tenant, deviceId, {
    hardwareId,
    ...(manufacturer !== undefined && { manufacturer }),
    enrollmentType,
    isJoined: isByEntra,
    origin,
    secret,
    serverSecret,
    serverNonce,
    certificateSerial: serial,
    certificateExpiresAt: expiresAt,
    toldAuthority: device.managedBy,
  });
  tenant.setCertificate(deviceId, expiresAt);
  const document = enrollmentDocument(
    { device, user, certificate, commonName, enrollmentType, origin, secret, serverSecret, serverNonce },
    context,
  );
  return soapAnswer(encodeTokenResponse(document, asked.messageId === undefined ? {} : { relatesTo: asked.messageId }));
}

/** A machine that was wiped comes back with another DeviceID and the same HWDevID: the enrollment that this one takes the place of. */
function formerOf({ hardwareId, deviceId }: About, { tenant, hardware }: WindowsContext): string | undefined {
  const former = tenant.device(hardware.find(hardwareId) ?? '');
  return former?.platform === 'windows' && former.deviceId !== deviceId ? former.deviceId : undefined;
}

const enrollRequest = (about: About, attempt: Attempted): EnrollRequest => {
  const { user, way, autopilotMode, companyPortal, bulkToken, startedAt } = attempt;
  const { deviceId, serial, manufacturer } = about;
  return {
    platform: 'windows',
    deviceId,
    serial,
    enrollmentType: way,
    startedAt,
    ...(user !== undefined && { userId: user }),
    ...(manufacturer !== undefined && { manufacturer }),
    ...(autopilotMode !== undefined && { autopilotMode }),
    ...(companyPortal !== undefined && { companyPortal }),
    ...(bulkToken !== undefined && { bulkToken }),
    ...facts(about.facts),
  };
};

const itemOf = ({ context }: RstRequest, name: string): string | undefined =>
  context.find(([key]) => key === name)?.[1].trim();

interface About {
  readonly deviceId: string;
  readonly hardwareId: string;
  readonly enrollmentType: 'Full' | 'Device';
  readonly serial: string;
  readonly manufacturer: string | undefined;
  readonly facts: { readonly [K in 'deviceName' | 'osVersion' | 'model' | 'imei']: string | undefined };
}

/** What the request must say of the device, as Fleet asks it too. Throws MESSAGE_REFUSED. */
function readContext({ context }: RstRequest): About {
  const value = (name: string): string | undefined => factOf(context.find(([key]) => key === name)?.[1]);
  const needed = (name: string, form: RegExp): string => {
    const text = value(name);
    if (text === undefined || !form.test(text)) {
      throw refuseWith(
        { subcode: 'MessageFormat', errorType: 'InvalidEnrollmentData' },
        `the context item ${name} is missing or not what it has to be`,
      );
    }
    return text;
  };
  return {
    deviceId: knownAs(needed('DeviceID', /^[0-9A-Fa-f]{32}$/)),
    hardwareId: needed('HWDevID', /^[0-9A-Fa-f]{64}$/),
    enrollmentType: needed('EnrollmentType', /^(?:Full|Device)$/) === 'Device' ? 'Device' : 'Full',
    serial: value('SerialNumber') ?? '',
    manufacturer: value('Manufacturer'),
    facts: {
      deviceName: needed('DeviceName', /./),
      osVersion: value('OSVersion') ?? value('ApplicationVersion'),
      model: value('DeviceModel'),
      imei: value('IMEI'),
    },
  };
}
