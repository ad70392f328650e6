// PUT /checkin (specs/apple.md §1.5).
import { isRollcallError } from '../../base/errors.js';
import {
  type Authenticate,
  type CheckOut,
  type DeclarativeManagement,
  decodeCheckin,
  encodeTokenReply,
  type GetToken,
  type TokenUpdate,
} from '../../protocol/apple-mdm/check-in.js';
import { enrollmentKey } from '../../protocol/apple-mdm/fields.js';
import { contentTypes } from '../../protocol/apple-mdm/http-errors.js';
import type { DeviceRecord } from '../core/types.js';
import { stubError } from '../errors.js';
import { problem } from '../http.js';
import type { StubAnswer, StubRequest } from '../http-types.js';
import { watchAnswer } from './attempts.js';
import { type IosContext, memoryOf, remember, topicOf } from './context.js';
import { factOf, facts } from './facts.js';
import { deviceOf, identify, noteUse, requireBound, requireCurrent, type Speaker } from './identity.js';
import { askToSynchronise } from './synchronise.js';

/** Handles one check-in message. Throws what `refusing` turns into the protocol's refusals. */
export function checkIn(request: StubRequest, context: IosContext): StubAnswer {
  const speaker = identify(request, context);
  const message = decodeCheckin(request.body);
  if (isStep(message.MessageType)) watchAnswer(request, speaker.enrollment?.attempt, context);
  if (message.MessageType !== 'CheckOut') requireCurrent(speaker);
  if ('UserID' in message && message.UserID !== undefined) return userChannel(request, context);
  switch (message.MessageType) {
    case 'Authenticate':
      return authenticate(message, speaker, context.addresses.originFor(request), context);
    case 'TokenUpdate':
      return tokenUpdate(message, speaker, context);
    case 'CheckOut':
      return checkOut(message, speaker, context);
    case 'GetToken':
      return getToken(message, speaker, context);
    case 'DeclarativeManagement':
      return declarative(message, speaker, context);
    case 'UserAuthenticate':
      return userChannel(request, context);
    case 'SetBootstrapToken':
    case 'GetBootstrapToken':
      throw stubError('MESSAGE_REFUSED', `${message.MessageType} is not for iOS`);
  }
}

const accepted: StubAnswer = { status: 200 };

/** Of an enrollment; said later, there is no attempt any more. */
const isStep = (type: string): boolean => type === 'Authenticate' || type === 'TokenUpdate';

/** 410 says that users are not managed here; Shared iPad and macOS take it so. */
function userChannel(request: StubRequest, { log }: IosContext): StubAnswer {
  log.warn('MESSAGE_REFUSED', { path: request.path, status: 410, reason: 'users have no channel here' });
  return problem(410, 'MESSAGE_REFUSED', 'users are not managed here');
}

/** A new enrollment begins, and with it the certificate becomes the device's own. */
function authenticate(message: Authenticate, speaker: Speaker, origin: string, context: IosContext): StubAnswer {
  const { tenant, ca, declarations } = context;
  const deviceId = enrollmentKey(message);
  // One that begins anew with the identity it has makes no step of the attempt that brought it.
  const isFirst = speaker.deviceId === undefined || tenant.device(deviceId)?.status === 'pending';
  if (speaker.deviceId !== undefined) {
    requireBound(speaker, deviceId);
    const known = tenant.device(deviceId);
    if (known === undefined) {
      throw stubError('DEVICE_UNKNOWN', `the enrollment of ${deviceId} with this certificate has ended`);
    }
    if (speaker.isRenewal === true && known.status !== 'pending') return renewed(message, speaker, known, context);
  }
  if (message.Topic !== topicOf(tenant)) throw otherTopic('Authenticate');
  const { SerialNumber, ProductName, OSVersion, DeviceName, IMEI } = message;
  const enroll = () =>
    tenant.enroll({
      platform: 'ios',
      deviceId,
      serial: factOf(SerialNumber) ?? '',
      ...(speaker.userId !== undefined && { userId: speaker.userId }),
      ...(speaker.enrollment !== undefined && { enrollmentType: speaker.enrollment.type }),
      ...(isFirst && speaker.enrollment?.attempt !== undefined && { attempt: speaker.enrollment.attempt }),
      ...facts({ model: ProductName, osVersion: OSVersion, deviceName: DeviceName, imei: IMEI }),
    });
  const device = orNothing(enroll, speaker, context);
  ca.issued.bind(speaker.serial, deviceId);
  ca.issued.revokeDevice(deviceId, speaker.serial);
  declarations.forget(deviceId);
  remember(tenant, device, {
    topic: message.Topic,
    origin,
    certificateSerial: speaker.serial,
    certificateExpiresAt: speaker.expiresAt,
    ...(speaker.enrollment !== undefined && { toldAuthority: speaker.enrollment.authority }),
  });
  tenant.setCertificate(deviceId, speaker.expiresAt);
  return accepted;
}

/** Refused, nothing is left of the enrollment: neither a device that has not come through nor what its certificate was worth. */
function orNothing<T>(enroll: () => T, { serial, deviceId }: Speaker, { tenant, ca }: IosContext): T {
  try {
    return enroll();
  } catch (error) {
    if (!isRollcallError(error, 'ENROLLMENT_REFUSED')) throw error;
    if (deviceId === undefined) ca.issued.revoke(serial);
    else if (tenant.device(deviceId)?.status === 'pending') tenant.unenroll(deviceId, 'refused');
    throw error;
  }
}

const otherTopic = (type: string) =>
  stubError('MESSAGE_REFUSED', `${type}: the Topic is not that of the enrollment profile`);

/** Throws CHECKIN_UNAVAILABLE (A11). That the certificate before has ended is no matter to who shows the new one. */
function requireSession(deviceId: string, { tenant }: IosContext): void {
  try {
    tenant.requireCheckIn(deviceId);
  } catch (error) {
    if (!isRollcallError(error, 'DEVICE_IDENTITY')) throw error;
  }
}

/** M1: the enrollment goes on, with all that it has; said again where its answer was lost. */
function renewed(message: Authenticate, speaker: Speaker, device: DeviceRecord, context: IosContext): StubAnswer {
  const { tenant } = context;
  const { deviceId } = device;
  if (message.Topic !== memoryOf(device).topic) throw otherTopic('Authenticate');
  requireSession(deviceId, context); // before anything changes: refused, the device goes back to its old identity
  noteUse(speaker, device, context);
  const { ProductName, OSVersion, DeviceName, IMEI } = message;
  tenant.updateFacts(deviceId, facts({ model: ProductName, osVersion: OSVersion, deviceName: DeviceName, imei: IMEI }));
  return accepted;
}

/** The first one completes the enrollment; the later ones bring a new token or magic. */
function tokenUpdate(message: TokenUpdate, speaker: Speaker, context: IosContext): StubAnswer {
  const { tenant, push } = context;
  const device = deviceOf(message, speaker, context);
  const isFirst = device.status === 'pending';
  if (!isFirst) tenant.requireCheckIn(device.deviceId); // A11; the first is judged as an enrollment, by confirm
  if (message.Topic !== memoryOf(device).topic) {
    throw stubError('MESSAGE_REFUSED', 'TokenUpdate: the Topic is not that of the enrollment');
  }
  const pushToken = Buffer.from(message.Token).toString('hex');
  const formerToken = memoryOf(device).pushToken;
  remember(tenant, device, {
    pushToken,
    pushMagic: message.PushMagic,
    certificateSerial: speaker.serial,
    certificateExpiresAt: speaker.expiresAt,
    ...(message.UnlockToken !== undefined && { unlockToken: Buffer.from(message.UnlockToken).toString('base64') }),
    ...(isFirst && message.AwaitingConfiguration === true && { awaitsConfiguration: true }),
  });
  if (formerToken !== undefined && formerToken !== pushToken) push.withdraw(formerToken);
  push.expect(pushToken, message.Topic);
  if (!isFirst) return accepted;
  tenant.confirm(device.deviceId);
  if (context.declarations.list().length > 0) askToSynchronise(tenant, device.deviceId);
  return accepted;
}

/** The device has left; it says so once and does not wait for an answer, so one that is gone already is no error. */
function checkOut(message: CheckOut, speaker: Speaker, { tenant }: IosContext): StubAnswer {
  const deviceId = enrollmentKey(message);
  requireBound(speaker, deviceId);
  // A late word of an enrollment that has ended must not end the one that came after it.
  const device = tenant.device(deviceId);
  if (speaker.isRevoked || device === undefined) tenant.endedBefore();
  else {
    if (device.status === 'pending') tenant.disconnected(deviceId); // E01, should it not come back
    tenant.unenroll(deviceId, 'left');
  }
  return accepted;
}

function getToken(message: GetToken, speaker: Speaker, context: IosContext): StubAnswer {
  context.tenant.requireCheckIn(deviceOf(message, speaker, context).deviceId);
  const { tokens } = context.settings;
  const token = Object.hasOwn(tokens, message.TokenServiceType) ? tokens[message.TokenServiceType] : undefined;
  if (token === undefined) {
    throw stubError('MESSAGE_REFUSED', `GetToken: there is no token for "${message.TokenServiceType}"`);
  }
  return { status: 200, headers: { 'content-type': contentTypes.plist }, body: encodeTokenReply(token) };
}

function declarative(message: DeclarativeManagement, speaker: Speaker, context: IosContext): StubAnswer {
  const { deviceId } = deviceOf(message, speaker, context);
  context.tenant.requireCheckIn(deviceId);
  const answer = context.declarations.answer(deviceId, message.Endpoint, message.Data);
  if (answer === undefined) throw stubError('NOT_FOUND', `there is no ${message.Endpoint}`);
  return answer.length === 0 ? accepted : { status: 200, headers: { 'content-type': contentTypes.json }, body: answer };
}
