// POST Enrollment.svc: a certificate and a provisioning document for a device that enrolls (specs/windows.md §1.4, §1.5). The request
// is the enrollment's first step for the core; the first management session is its last (E01 lies between them).
import { readWindowsCsr } from '../../protocol/mde2/csr.js';
import { decodeRequestToken, encodeTokenResponse, type RstRequest } from '../../protocol/mde2/request-token.js';
import { readEnvelope } from '../../protocol/soap/envelope.js';
import type { EnrollRequest, User } from '../core/types.js';
import { stubError } from '../errors.js';
import type { Route, StubAnswer, StubRequest } from '../http-types.js';
import { paths, type WindowsContext } from './context.js';
import { admit, admitted, type Enroller } from './credentials.js';
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
    return enroll(asked, admitted(credential, context), request, context);
  }),
});

function enroll(asked: RstRequest, enroller: Enroller, request: StubRequest, context: WindowsContext): StubAnswer {
  const { tenant, ca, tokens, hardware, sessions, random, addresses, entra, settings } = context;
  const { user, token, isByEntra = false } = enroller;
  const consent =
    isByEntra && settings.termsOfUse !== '' ? requireConsent(enrollmentData(asked), user?.id, context) : undefined;
  const about = readContext(asked);
  const { deviceId, hardwareId, enrollmentType, manufacturer } = about;
  const csr = readWindowsCsr(asked.token);
  requireUsableKey(csr.publicKey);
  if (csr.deviceId !== undefined && knownAs(csr.deviceId) !== deviceId) {
    throw refuseWith({ subcode: 'CertificateRequest' }, 'the certification request is for another device');
  }
  replaceFormer(about, user, context);

  const device = tenant.enroll(enrollRequest(about, user));
  const { certificate, commonName, serial, expiresAt } = issue(csr, device, context);
  ca.issued.revokeDevice(deviceId, serial);
  sessions.delete(deviceId);
  if (token !== undefined) tokens.use(token);
  if (consent !== undefined) entra.consents.use(consent);
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
  });
  tenant.setCertificate(deviceId, expiresAt);
  const document = enrollmentDocument(
    { device, user, certificate, commonName, enrollmentType, origin, secret, serverSecret, serverNonce },
    context,
  );
  return soapAnswer(encodeTokenResponse(document, asked.messageId === undefined ? {} : { relatesTo: asked.messageId }));
}

/**
 * A machine that was wiped comes back with another DeviceID and the same HWDevID: its former enrollment ends, unless it is another
 * user's. Throws ENROLLMENT_REFUSED (E03, E17), and has changed nothing then.
 */
function replaceFormer({ hardwareId, ...about }: About, user: User | undefined, context: WindowsContext): void {
  const { tenant, hardware } = context;
  const former = tenant.device(hardware.find(hardwareId) ?? '');
  if (former === undefined || former.platform !== 'windows' || former.deviceId === about.deviceId) return;
  if (former.status !== 'pending' && former.userId !== user?.id) {
    // The core knows the machine by its former name, and refuses it there.
    tenant.enroll({ ...enrollRequest({ ...about, hardwareId }, user), deviceId: former.deviceId });
    throw stubError('MESSAGE_REFUSED', 'the machine is enrolled by another user');
  }
  if (user !== undefined) admit(user.id, { tenant }, former.userId === user.id ? former.deviceId : about.deviceId);
  tenant.unenroll(former.deviceId, 'abandoned');
}

const enrollRequest = (about: About, user: User | undefined): EnrollRequest => ({
  platform: 'windows',
  deviceId: about.deviceId,
  serial: about.serial,
  ...(user === undefined ? { enrollmentType: 'bulk' } : { userId: user.id }),
  ...facts(about.facts),
});

const enrollmentData = ({ context }: RstRequest): string | undefined =>
  context.find(([name]) => name === 'EnrollmentData')?.[1];

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
