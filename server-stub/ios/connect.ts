// PUT /mdm: the command loop (specs/apple.md §1.6).
import { encodeCommand } from '../../protocol/apple-mdm/command.js';
import { enrollmentKey } from '../../protocol/apple-mdm/fields.js';
import { contentTypes } from '../../protocol/apple-mdm/http-errors.js';
import { decodeResult, type MdmResult } from '../../protocol/apple-mdm/result.js';
import { isRollcallError } from '../../protocol/errors.js';
import type { DeviceRecord } from '../core/types.js';
import { stubError } from '../errors.js';
import { problem } from '../http.js';
import type { StubAnswer, StubRequest } from '../http-types.js';
import type { IosContext } from './context.js';
import { identify, requireBound, requireCurrent } from './identity.js';
import { inventoryFacts, toAppleCommand, toOutcome } from './translate.js';

const sessionOver: StubAnswer = { status: 200 };
const plistHeaders = { 'content-type': contentTypes.plist };

/** Takes a result or an Idle and answers with the next command. Throws what `refusing` turns into the protocol's refusals. */
export function connect(request: StubRequest, context: IosContext): StubAnswer {
  const { tenant, log } = context;
  const speaker = identify(request, context);
  requireCurrent(speaker);
  const result = decodeResult(request.body);
  if (result.user?.UserID !== undefined) {
    log.warn('MESSAGE_REFUSED', { path: request.path, status: 410, reason: 'users have no channel here' });
    return problem(410, 'MESSAGE_REFUSED', 'users are not managed here');
  }
  const deviceId = enrollmentKey({ UDID: result.udid, EnrollmentID: result.enrollmentId });
  const device = tenant.device(deviceId);
  if (device === undefined) throw stubError('DEVICE_UNKNOWN', `no device ${deviceId} is enrolled here`);
  requireBound(speaker, deviceId);
  if (result.status === 'Idle') tenant.openSession(deviceId);
  else take(result, device, context);
  return nextCommand(deviceId, context);
}

function take(result: MdmResult, { deviceId }: DeviceRecord, { tenant, ca, declarations }: IosContext): void {
  const outcome = toOutcome(result);
  if (result.data !== undefined) {
    const facts = inventoryFacts(result.data);
    if (Object.keys(facts).length > 0) tenant.updateFacts(deviceId, facts);
  }
  tenant.report(deviceId, result.commandUuid ?? '', outcome);
  if (tenant.device(deviceId) === undefined) {
    // Retired or wiped: what it was given to speak with is worth nothing from now on but for a CheckOut.
    ca.issued.revokeDevice(deviceId);
    declarations.forget(deviceId);
  }
}

function nextCommand(deviceId: string, context: IosContext): StubAnswer {
  const { tenant, log } = context;
  for (;;) {
    const queued = tenant.next(deviceId);
    const device = tenant.device(deviceId);
    if (queued === undefined || device === undefined) return sessionOver;
    try {
      const command = toAppleCommand(queued.command, device, context);
      return { status: 200, headers: plistHeaders, body: encodeCommand(queued.id, command) };
    } catch (error) {
      if (!isRollcallError(error)) throw error;
      log.warn(error.code, { command: queued.command.kind, deviceId, reason: error.message });
      // It can never be sent as it is: failed, and the next one is tried.
      tenant.report(deviceId, queued.id, { status: 'failed', reason: error.message, code: error.code });
    }
  }
}
