// What Graph has no word for, under /stub/v1.
import { authoredCommand } from '../core/authored.js';
import type { Commands, Devices, Notifications, Organization } from '../core/interfaces.js';
import type { DeviceRecord, QueuedCommand } from '../core/types.js';
import { stubError } from '../errors.js';
import { healthOf } from '../health.js';
import type { StubRequest } from '../http-types.js';
import type { Row } from './filter.js';
import {
  type AdminPorts,
  type AdminRoute,
  isoTime,
  noContent,
  ok,
  param,
  type Role,
  readBody,
  roles,
} from './graph.js';
import { shownCommand, shownOutcome } from './shown.js';

type Used = Organization & Devices & Commands & Notifications;

export function stubRoutes(ports: AdminPorts<Used>): AdminRoute[] {
  const { tenant, clock, aside, store } = ports;
  const device = '/stub/v1/devices/:deviceId';
  return [
    {
      method: 'POST',
      path: `${device}/commands`,
      handle(request, by) {
        const { deviceId } = deviceOf(tenant, request);
        return ok(toRow(tenant.queue(deviceId, readBody(authoredCommand, request), 'administrator'), by), 201);
      },
    },
    {
      method: 'GET',
      path: `${device}/commands`,
      who: roles,
      handle: (request, by) =>
        ok({ value: tenant.commands(deviceOf(tenant, request).deviceId).map((each) => toRow(each, by)) }),
    },
    {
      method: 'POST',
      path: `${device}/notify`,
      who: ['administrator', 'helpDesk'],
      handle(request) {
        tenant.notify(deviceOf(tenant, request).deviceId);
        return noContent;
      },
    },
    {
      method: 'GET',
      path: '/stub/v1/aside',
      handle: () => ok({ value: aside?.aside ?? [] }),
    },
    {
      method: 'DELETE',
      path: '/stub/v1/aside/:id',
      handle(request) {
        const id = param(request, 'id');
        if (!aside?.forgetAside(id)) throw stubError('NOT_FOUND', `No record ${id} is set aside`);
        return noContent;
      },
    },
    {
      method: 'GET',
      path: '/stub/v1/health',
      who: roles,
      handle: () => ok({ ...healthOf(store), time: isoTime(clock.now()), authority: tenant.authority }),
    },
  ];
}

/** By the platform's own id, or by Graph's. */
function deviceOf(tenant: Devices, request: StubRequest): DeviceRecord {
  const id = param(request, 'deviceId');
  const device = tenant.device(id) ?? tenant.deviceByRecordId(id);
  if (device === undefined) throw stubError('NOT_FOUND', `No device ${id} is enrolled here`);
  return device;
}

function toRow({ command, outcome, queuedAt, answeredAt, ...rest }: QueuedCommand, to: Role): Row {
  return {
    ...rest,
    command: shownCommand(command, to),
    queuedAt: isoTime(queuedAt),
    ...(outcome === undefined ? {} : { outcome: shownOutcome(outcome, to) }),
    ...(answeredAt === undefined ? {} : { answeredAt: isoTime(answeredAt) }),
  };
}
