// PUT /mdm: the command loop (specs/apple.md §1.6).
import { isRollcallError } from '../../base/errors.js';
import { encodeCommand } from '../../protocol/apple-mdm/command.js';
import { contentTypes, mdmSignatureHeader } from '../../protocol/apple-mdm/http-errors.js';
import { decodeResult, type MdmResult } from '../../protocol/apple-mdm/result.js';
import type { DeviceRecord } from '../core/types.js';
import { problem } from '../http.js';
import type { StubAnswer, StubRequest } from '../http-types.js';
import { type IosContext, remember } from './context.js';
import { inventoryFacts } from './facts.js';
import { deviceOf, identify, requireCurrent } from './identity.js';
import { isNeedless, isRenewal, renewalCommand, renewIfDue } from './renewal.js';
import { toAppleCommand, toOutcome } from './translate.js';

const sessionOver: StubAnswer = { status: 200 };
const plistHeaders = { 'content-type': contentTypes.plist };

/** Takes a result or an Idle and answers with the next command. Throws what `refusing` turns into the protocol's refusals. */
export async function connect(request: StubRequest, context: IosContext): Promise<StubAnswer> {
  const { tenant, log, sessions } = context;
  const speaker = identify(request, context);
  requireCurrent(speaker);
  const result = decodeResult(request.body);
  if (result.user?.UserID !== undefined) {
    log.warn('MESSAGE_REFUSED', { path: request.path, status: 410, reason: 'users have no channel here' });
    return problem(410, 'MESSAGE_REFUSED', 'users are not managed here');
  }
  const ids = { UDID: result.udid, EnrollmentID: result.enrollmentId };
  const { deviceId } = deviceOf(ids, speaker, context);
  try {
    // A result says what is done already: it is taken even where the session cannot go on (A11).
    if (result.status !== 'Idle') take(result, deviceId, context);
    if (result.status === 'Idle' || !sessions.has(deviceId)) {
      // A result that its session could not deliver opens the next one in the place of an Idle.
      if (tenant.device(deviceId) === undefined) return sessionOver;
      renewIfDue(tenant.openSession(deviceId), context);
      sessions.add(deviceId);
    }
    const signs = request.headers[mdmSignatureHeader] !== undefined;
    const answer = await nextCommand(deviceId, signs, context);
    if (answer === sessionOver) sessions.delete(deviceId);
    return answer;
  } catch (error) {
    sessions.delete(deviceId);
    throw error;
  }
}

function take(result: MdmResult, deviceId: string, { tenant }: IosContext): void {
  const wasTaken = tenant.report(deviceId, result.commandUuid ?? '', toOutcome(result));
  if (!wasTaken || result.data === undefined || tenant.device(deviceId) === undefined) return;
  const facts = inventoryFacts(result.data);
  if (Object.keys(facts).length > 0) tenant.updateFacts(deviceId, facts);
}

async function nextCommand(deviceId: string, signs: boolean, context: IosContext): Promise<StubAnswer> {
  const { tenant, log } = context;
  for (;;) {
    const queued = tenant.next(deviceId);
    const device = tenant.device(deviceId);
    if (device === undefined) return sessionOver;
    if (queued === undefined) {
      if (release(device, context)) continue;
      return sessionOver;
    }
    if (isNeedless(queued, context)) continue;
    try {
      const command = isRenewal(queued.command)
        ? await renewalCommand(device, signs, context)
        : toAppleCommand(queued.command, device, context);
      return { status: 200, headers: plistHeaders, body: encodeCommand(queued.id, command) };
    } catch (error) {
      if (!isRollcallError(error)) throw error;
      log.warn(error.code, { command: queued.command.kind, deviceId, reason: error.message });
      // It can never be sent as it is: failed, and the next one is tried.
      const isUnsupported = error.code === 'MESSAGE_REFUSED' && { isUnsupported: true as const };
      tenant.report(deviceId, queued.id, {
        status: 'failed',
        reason: error.message,
        code: error.code,
        ...isUnsupported,
      });
    }
  }
}

/** A device in Setup Assistant is let go when it has been told all else. True when there is one more command now. */
function release(device: DeviceRecord, { tenant }: IosContext): boolean {
  if (device.dialect['awaitsConfiguration'] !== true || device.status !== 'enrolled') return false;
  remember(tenant, device, { awaitsConfiguration: false });
  tenant.queue(device.deviceId, { kind: 'native', platform: 'ios', name: 'DeviceConfigured', body: {} }, 'core');
  return true;
}
