// Setting faults, under /stub/v1/faults.
import { z } from 'zod';
import { readDuration, showDuration } from '../../base/duration.js';
import { platformNames } from '../../protocol/vocabulary.js';
import { type AdminRoute, isoTime, noContent, ok, param, readBody } from '../admin/graph.js';
import type { Devices } from '../core/interfaces.js';
import { stubError } from '../errors.js';
import type { StubAnswer, StubRequest } from '../http-types.js';
import { type Fault, type Faults, faultKinds, operations, type StandingFault } from './faults.js';

/** Of the fault kinds that shapes of the admin API name, those that nothing here could be disturbed by yet. */
const later = ['mail.hold'] as const;

const duration = z.string().transform((text, context) => {
  const ms = readDuration(text);
  if (ms === undefined)
    context.addIssue({ code: 'custom', message: 'expected a duration such as 250ms, 30s, 5m or 8h' });
  return ms ?? 0;
});

const body = z.strictObject({
  kind: z.enum([...faultKinds, ...later]),
  match: z
    .strictObject({
      platform: z.enum(platformNames).exactOptional(),
      deviceId: z.string().min(1).max(256).exactOptional(),
      operation: z.enum(operations).exactOptional(),
    })
    .default({}),
  times: z.number().int().min(1).max(1_000_000).exactOptional(),
  for: duration.exactOptional(),
  status: z.number().int().min(400).max(599).exactOptional(),
  delay: duration.exactOptional(),
});

const idForm = /^[\w.-]{1,64}$/;
const path = '/stub/v1/faults';

interface Ports {
  readonly faults: Faults;
  readonly tenant: Devices;
  readonly random: { uuid(): string };
}

/** PUT sets a fault under an id of the caller's, or, without one, of its own; DELETE without an id takes all away. */
export function faultRoutes(ports: Ports): AdminRoute[] {
  const { faults, random } = ports;
  const found = (request: StubRequest): StandingFault => {
    const fault = faults.get(param(request, 'id'));
    if (fault === undefined) throw stubError('NOT_FOUND', 'There is no fault of this id');
    return fault;
  };
  const set = (request: StubRequest, id: string): StubAnswer => {
    if (!idForm.test(id))
      throw stubError('REQUEST_INVALID', 'The id of a fault is 1 to 64 letters, digits, points and dashes');
    const isNew = faults.get(id) === undefined;
    return ok(toRow(faults.set(id, readFault(request, ports.tenant))), isNew ? 201 : 200);
  };
  return [
    { method: 'GET', path, who: ['administrator'], handle: () => ok({ value: faults.list().map(toRow) }) },
    { method: 'PUT', path, handle: (request) => set(request, random.uuid().toLowerCase()) },
    {
      method: 'DELETE',
      path,
      handle() {
        faults.clear();
        return noContent;
      },
    },
    { method: 'GET', path: `${path}/:id`, who: ['administrator'], handle: (request) => ok(toRow(found(request))) },
    { method: 'PUT', path: `${path}/:id`, handle: (request) => set(request, param(request, 'id')) },
    {
      method: 'DELETE',
      path: `${path}/:id`,
      handle(request) {
        faults.remove(found(request).id);
        return noContent;
      },
    },
  ];
}

/** Throws REQUEST_INVALID. A device is named by its platform's id or by Graph's. */
function readFault(request: StubRequest, tenant: Devices): Fault {
  const { kind, match, times, for: forMs, status, delay: delayMs } = readBody(body, request);
  if (kind === 'mail.hold') {
    throw stubError('REQUEST_INVALID', `kind: ${kind} comes with a later version`);
  }
  if (status !== undefined && kind !== 'http.status')
    throw stubError('REQUEST_INVALID', 'status: it is of http.status');
  if (delayMs !== undefined && kind !== 'answer.delay')
    throw stubError('REQUEST_INVALID', 'delay: it is of answer.delay');
  if (delayMs === undefined && kind === 'answer.delay') {
    throw stubError('REQUEST_INVALID', 'delay: answer.delay says for how long, such as 30s');
  }
  if (match.operation !== undefined && (kind === 'push.drop' || kind === 'checkout.drop')) {
    throw stubError('REQUEST_INVALID', `match.operation: ${kind} is of one operation alone`);
  }
  if (kind === 'bms.hold' && (times !== undefined || Object.keys(match).length > 0)) {
    throw stubError(
      'REQUEST_INVALID',
      'bms.hold: it holds for a time (for), or until it is taken away; nothing is matched',
    );
  }
  const { deviceId } = match;
  const known = deviceId === undefined ? undefined : (tenant.deviceByRecordId(deviceId)?.deviceId ?? deviceId);
  return {
    kind,
    match: { ...match, ...(known !== undefined && { deviceId: known }) },
    ...(times !== undefined && { times }),
    ...(forMs !== undefined && { forMs }),
    ...(kind === 'http.status' && { status: status ?? 503 }),
    ...(delayMs !== undefined && { delayMs }),
  };
}

const toRow = ({ id, kind, match, times, forMs, status, delayMs, setAt, struck }: StandingFault) => ({
  id,
  kind,
  match,
  ...(times !== undefined && { times }),
  ...(forMs !== undefined && { for: showDuration(forMs), until: isoTime(setAt + forMs) }),
  ...(status !== undefined && { status }),
  ...(delayMs !== undefined && { delay: showDuration(delayMs) }),
  struck,
});
