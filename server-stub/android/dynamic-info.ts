// The deviceinfo plugin: battery, networks and places of a device while it goes about (specs/android.md §1.6).
import { readDynamicInfo } from '../../protocol/headwind/dynamic-info.js';
import { messages } from '../../protocol/headwind/messages.js';
import type { Route, StubAnswer, StubRequest } from '../http-types.js';
import { error, ok, page } from './answers.js';
import { type AndroidContext, paths } from './context.js';
import { guarded, isNothing, refuse, refuseType } from './guarded.js';
import { remember } from './memory.js';

export const dynamicInfoRoutes = (context: AndroidContext): readonly Route[] => [
  { method: 'GET', path: paths.dynamicInfoSettings, handle: guarded(context, (request) => told(request, context)) },
  {
    method: 'PUT',
    path: paths.dynamicInfo,
    maxBytes: 512 * 1024,
    handle: guarded(context, (request) => take(request, context)),
  },
  // A plug-in of the Enterprise edition, which the launcher asks for all the same.
  {
    method: 'PUT',
    path: paths.locations,
    handle: (request) => refuse(context, request, 'no such plug-in', page(404), 'NOT_FOUND'),
  },
];

const unknown = (request: StubRequest, context: AndroidContext): StubAnswer =>
  refuse(context, request, 'no device has this number', error(messages.notFound), 'NOT_FOUND');

function told(request: StubRequest, context: AndroidContext): StubAnswer {
  const { numbers, settings } = context;
  if (numbers.find(request.params['number'] ?? '')?.by !== 'number') return unknown(request, context);
  const { intervalMins, sendData } = settings.dynamicInfo;
  return ok({ intervalMins, sendData }); // in the server's order
}

/** Taken whether or not it was asked for; the newest is kept. */
function take(request: StubRequest, context: AndroidContext): StubAnswer {
  const wrongType = refuseType(context, request);
  if (wrongType !== undefined) return wrongType;
  const records = isNothing(request.body) ? undefined : readDynamicInfo(request.body);
  const found = context.numbers.find(request.params['number'] ?? '');
  if (found?.by !== 'number') return unknown(request, context);
  if (records === undefined) return refuse(context, request, 'there are no records', error(messages.internal));
  const newest = [...records].sort((a, b) => b.ts - a.ts)[0];
  if (newest !== undefined) remember(context.tenant, found.device.deviceId, { dynamicInfo: bounded({ ...newest }) });
  return ok();
}

/** Of one device: what is longer than any true one is not kept. */
const longestText = 256;

const bounded = (record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  JSON.parse(
    JSON.stringify(record, (_, value) => (typeof value === 'string' && value.length > longestText ? undefined : value)),
  );
