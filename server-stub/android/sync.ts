// GET and POST sync/configuration: the whole document, signed over its very bytes (specs/android.md §1.2, §1.3).
import { isDeepStrictEqual } from 'node:util';
import type { JsonValue } from '../../base/json.js';
import { usualRenewalMs } from '../../protocol/headwind/companion.js';
import { writeConfiguration } from '../../protocol/headwind/configuration.js';
import { writeJackson } from '../../protocol/headwind/jackson.js';
import { messages } from '../../protocol/headwind/messages.js';
import { requestSignature, responseSignature, signedText } from '../../protocol/headwind/signature.js';
import { certificateNamed } from '../certificate-named.js';
import type { DeviceDocument } from '../core/document.js';
import type { Route, StubAnswer, StubRequest } from '../http-types.js';
import { scepPath } from '../scep/server.js';
import { error, okText } from './answers.js';
import { withDeviceSettings } from './app-settings.js';
import { type AndroidContext, baseUrlOf, paths } from './context.js';
import { enroll } from './enroll.js';
import { guarded, refuse, refuseType } from './guarded.js';
import { noteOrders } from './identity.js';
import { completeRenumbering, createOnDemand, lookUp } from './look-up.js';
import { memoryOf, numberOf, remember } from './memory.js';
import { sendMessages } from './messages.js';
import type { Found } from './numbers.js';
import { renderDocument } from './render/document.js';
import { readAwaited, readRenderMemory } from './render/remembered.js';
import { push } from './wake.js';

export const syncRoutes = (context: AndroidContext): readonly Route[] => [
  {
    method: 'GET',
    path: paths.configuration,
    handle: guarded(context, (request) => fetchConfiguration(request, context)),
  },
  {
    method: 'POST',
    path: paths.configuration,
    maxBytes: 64 * 1024,
    handle: guarded(context, (request) => enrollDevice(request, context)),
  },
];

function fetchConfiguration(request: StubRequest, context: AndroidContext): StubAnswer {
  const number = request.params['number'] ?? '';
  if (!isSigned(number, request, context)) return unsigned(request, context);
  const found = lookUp(number, context) ?? createOnDemand(number, context);
  return answered(found, request, context);
}

function enrollDevice(request: StubRequest, context: AndroidContext): StubAnswer {
  const number = request.params['number'] ?? '';
  const refused = refuseType(context, request);
  if (refused !== undefined) return refused;
  if (!isSigned(number, request, context)) return unsigned(request, context);
  const found = enroll(number, request, context);
  if (found === 'duplicate') return refuse(context, request, 'it has enrolled already', error(messages.duplicate));
  return answered(found, request, context);
}

function isSigned(number: string, { headers }: StubRequest, { settings }: AndroidContext): boolean {
  if (!settings.secureEnrollment) return true;
  const good = requestSignature(settings.sharedSecret, signedText.sync(number));
  return headers['x-request-signature']?.toUpperCase() === good;
}

const unsigned = (request: StubRequest, context: AndroidContext): StubAnswer =>
  refuse(context, request, 'the signature is missing or wrong', error(messages.denied));

function answered(found: Found | 'several' | undefined, request: StubRequest, context: AndroidContext): StubAnswer {
  if (found === undefined) {
    context.tenant.endedBefore(); // it may have been deleted, and that may not be stored
    return refuse(context, request, 'no device has this number', error(messages.notFound), 'NOT_FOUND');
  }
  if (found === 'several') {
    return refuse(context, request, 'several devices told this IMEI or serial number', error(messages.internal));
  }
  return configurationOf(found, request, context);
}

function configurationOf(found: Found, request: StubRequest, context: AndroidContext): StubAnswer {
  const { tenant, settings } = context;
  const { deviceId } = completeRenumbering(found, context);
  const origin = baseUrlOf(request, context);
  const { commands, ...document } = tenant.openDocument(deviceId);
  const { texts, others } = sendMessages(document.device, commands, context);
  const { configuration, refused, pushes } = render({ ...document, commands: others }, origin, found, context);
  for (const { commandId, outcome } of refused) tenant.report(deviceId, commandId, outcome);
  for (const message of texts) push(document.device, message, context);
  for (const { messageType, payload } of pushes) {
    push(document.device, { messageType, ...(payload !== undefined && { payload: JSON.stringify(payload) }) }, context);
  }
  const { appSettings = [] } = memoryOf(document.device);
  const data = writeJackson(writeConfiguration(withDeviceSettings(configuration, appSettings)) as JsonValue);
  return okText(data, {
    'x-ip-address': request.remote,
    'x-response-signature': responseSignature(settings.sharedSecret, data),
  });
}

/** Said where the companion would not renew its certificates just then by itself. */
function renewal({ settings, renewalMs }: AndroidContext['tenant']): { readonly renewBeforeMs?: number } {
  const ms = renewalMs();
  return ms === usualRenewalMs(settings.mdmCertificateMs) ? {} : { renewBeforeMs: ms };
}

/** Renders the document, and keeps what its answer will be judged by. */
function render(
  document: DeviceDocument,
  origin: string,
  { by }: Found,
  context: AndroidContext,
): ReturnType<typeof renderDocument> {
  const { tenant, settings, challenges, clock, shelf } = context;
  const { device } = document;
  const { deviceId, userId } = device;
  const memory = memoryOf(device);
  const before = readRenderMemory(memory.rendering);
  const user = userId === undefined ? undefined : tenant.user(userId)?.upn;
  const rendered = renderDocument(document, {
    base: origin,
    scepUrl: origin.slice(0, origin.length - settings.contextPath.length) + scepPath,
    scepChallenge: () => challenges.issue({ platform: 'android', purpose: 'profile', userId, deviceId }),
    challengeMs: tenant.settings.enrollmentMs,
    ...renewal(tenant),
    certificate: (name) => certificateNamed(name, device, tenant),
    now: clock.now(),
    ...(user !== undefined && { user }),
    pushOptions: settings.pushOptions,
    keepaliveSeconds: settings.keepaliveSeconds,
    shelf,
    memory: before,
    ...(settings.newServerUrl !== undefined && { newServerUrl: settings.newServerUrl }),
    ...(by !== 'number' && { newNumber: numberOf(device) }),
  });
  const awaited = rendered.awaited.items.length > 0 ? { ...rendered.awaited } : undefined;
  const isSame =
    origin === memory.origin &&
    isDeepStrictEqual(rendered.memory, before) &&
    (awaited === undefined ? readAwaited(memory.awaited) === undefined : isDeepStrictEqual(awaited, memory.awaited));
  if (!isSame) remember(tenant, deviceId, { origin, rendering: { ...rendered.memory }, awaited });
  noteOrders(deviceId, rendered.memory.orders ?? {}, tenant);
  return rendered;
}
