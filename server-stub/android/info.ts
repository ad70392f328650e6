// POST sync/info: what a device says of itself, and by that of what it was given (specs/android.md §1.4).
import { isDeepStrictEqual } from 'node:util';

import { readInfo } from '../../protocol/headwind/info.js';
import { messages } from '../../protocol/headwind/messages.js';
import type { DeviceInfo } from '../../protocol/headwind/types.js';
import type { DeviceDetails, DeviceRecord } from '../core/types.js';
import type { Route, StubAnswer, StubRequest } from '../http-types.js';
import { error, ok } from './answers.js';
import { type AndroidContext, paths } from './context.js';
import { factsOf } from './facts.js';
import { guarded, isNothing, refuse, refuseType } from './guarded.js';
import { judgeInfo } from './judge-info.js';
import { completeRenumbering, createOnDemand, put, wayTold } from './look-up.js';
import { manufacturerOf, memoryOf, numberOf, remember } from './memory.js';
import { noting } from './refused-numbers.js';
import { readAwaited, readRenderMemory } from './render/remembered.js';
import type { Awaited } from './render/rendered.js';
import { formerStill, replaceFormer } from './same-machine.js';

export const infoRoute = (context: AndroidContext): Route => ({
  method: 'POST',
  path: paths.info,
  maxBytes: 512 * 1024,
  handle: guarded(context, (request) => take(request, context)),
});

function take(request: StubRequest, context: AndroidContext): StubAnswer {
  const { numbers } = context;
  const wrongType = refuseType(context, request);
  if (wrongType !== undefined) return wrongType;
  if (isNothing(request.body)) return refuse(context, request, 'there is no info', error(messages.internal));
  const info = readInfo(request.body);
  const found = numbers.find(info.deviceId) ?? createOnDemand(info.deviceId, context);
  if (found === undefined) {
    context.tenant.endedBefore(); // it may have left with its last info, and that may not be stored
    return refuse(context, request, 'no device has this number', error(messages.notFound), 'NOT_FOUND');
  }
  context.tenant.requireCertificate(found.device.deviceId); // M2
  heard(info, completeRenumbering(found, context), context);
  return ok(null, { 'x-ip-address': request.remote });
}

/**
 * The first info completes the enrollment. Of a stock launcher it is the first word about itself: what it says is judged, and where
 * that or what held at the begin is refused (ENROLLMENT_REFUSED) nothing is left of the enrollment.
 */
function heard(info: DeviceInfo, enrolling: DeviceRecord, context: AndroidContext): void {
  const { tenant, clock } = context;
  const { deviceId, status, enrollmentType, userId } = enrolling;
  learn(info, deviceId, context);
  if (status === 'pending') {
    const way = enrollmentType && wayTold(info.mdmMode, enrollmentType);
    const former = formerStill(enrolling, context);
    const facts = { manufacturer: manufacturerOf(tenant.device(deviceId)), way, formerDeviceId: former?.deviceId };
    noting(numberOf(enrolling), userId, context, () => tenant.confirm(deviceId, facts));
    replaceFormer(deviceId, former, context);
  }
  const device = tenant.device(deviceId);
  if (device === undefined) return;
  const { awaited, rendering, failures } = memoryOf(device);
  const waiting = readAwaited(awaited);
  const before = readRenderMemory(rendering);
  const judged = judgeInfo(info, waiting, before);
  remember(tenant, deviceId, {
    lastInfoAt: clock.now(),
    info: kept(info),
    awaited: judged.awaited === undefined ? undefined : { ...judged.awaited },
    ...(!isDeepStrictEqual(judged.memory, before) && { rendering: { ...judged.memory } }),
    failures: failures && newer(failures, waiting),
  });
  put(deviceId, context);
  for (const { commandId, outcome } of judged.answers) {
    if (!tenant.report(deviceId, commandId, outcome)) continue;
    const { deviceName } = outcome.status === 'done' ? (outcome.data ?? {}) : {};
    if (typeof deviceName === 'string' && tenant.device(deviceId)) tenant.updateFacts(deviceId, { deviceName });
  }
}

/** What failed once says nothing of what was sent since. */
function newer(
  failures: Readonly<Record<string, string>>,
  awaited: Awaited | undefined,
): Readonly<Record<string, string>> | undefined {
  const sent = new Set(awaited?.items.map(({ name }) => name));
  const rest = Object.entries(failures).filter(([name]) => !sent.has(name));
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}

/** Apps and files that are remembered of one device. */
const mostListed = 300;
const longestText = 256;

/** As the server's bean writes it again; what is longer or more than any true device tells is not kept. */
function kept({ applications = [], files = [], ...rest }: DeviceInfo): Readonly<Record<string, unknown>> {
  const texts = Object.entries(rest).filter(([, value]) => typeof value !== 'string' || value.length <= longestText);
  const short = ({ pkg, name, version }: NonNullable<DeviceInfo['applications']>[number]) =>
    [pkg, name, version].every((text) => (text?.length ?? 0) <= longestText);
  return {
    ...Object.fromEntries(texts),
    applications: applications.filter(short).slice(0, mostListed),
    files: files.filter(({ path }) => path.length <= 500).slice(0, mostListed),
  };
}

/** What the core knows devices by; written only where it is new. */
function learn(info: DeviceInfo, deviceId: string, { tenant }: AndroidContext): void {
  const device = tenant.device(deviceId);
  if (device === undefined) return;
  const told = Object.entries(factsOf(info)).filter(([key, value]) => value !== device[key as keyof DeviceDetails]);
  if (told.length > 0) tenant.updateFacts(deviceId, Object.fromEntries(told));
}
