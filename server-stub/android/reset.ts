// POST plugins/devicereset: a device confirms before it wipes itself or restarts, and after it has changed its passcode
// (specs/android.md §1.7). No server of the open source has these; the launcher acts on any HTTP 2xx, so who is unknown gets 404.
import { readInfo } from '../../protocol/headwind/info.js';
import type { Route, StubAnswer, StubRequest } from '../http-types.js';
import { ok, page } from './answers.js';
import { type AndroidContext, paths } from './context.js';
import { guarded, refuse, refuseType } from './guarded.js';
import { judgeConfirmation } from './judge-info.js';
import { memoryOf, remember } from './memory.js';
import { readAwaited } from './render/remembered.js';
import { topicOf } from './wake.js';

const confirmations = { reset: paths.reset, reboot: paths.rebooted, password: paths.passwordReset } as const;
type Confirmation = keyof typeof confirmations;

export const resetRoutes = (context: AndroidContext): readonly Route[] =>
  (Object.keys(confirmations) as Confirmation[]).map((what) => ({
    method: 'POST',
    path: confirmations[what],
    maxBytes: 512 * 1024,
    handle: guarded(context, (request) => confirmed(what, request, context)),
  }));

function confirmed(what: Confirmation, request: StubRequest, context: AndroidContext): StubAnswer {
  const { tenant, numbers, wiped } = context;
  const wrongType = refuseType(context, request);
  if (wrongType !== undefined) return wrongType;
  const info = readInfo(request.body);
  const found = numbers.find(request.params['number'] ?? '');
  if (found === undefined) return unknown(what, request, context);
  const { device } = found;
  const judged = judgeConfirmation(what, info, readAwaited(memoryOf(device).awaited));
  remember(tenant, device.deviceId, { awaited: judged.awaited === undefined ? undefined : { ...judged.awaited } });
  for (const { commandId, outcome } of judged.answers) tenant.report(device.deviceId, commandId, outcome);
  if (what === 'reset' && tenant.device(device.deviceId) === undefined) wiped.add(topicOf(device));
  return ok();
}

/** A device whose confirmation was taken, and that has not heard so, says it again: it must not stay as it is. */
function unknown(what: Confirmation, request: StubRequest, context: AndroidContext): StubAnswer {
  const { tenant, wiped } = context;
  if (what !== 'reset' || !wiped.has(request.params['number'] ?? '')) {
    return refuse(context, request, 'no device has this number', page(404), 'NOT_FOUND');
  }
  tenant.endedBefore();
  return ok();
}
