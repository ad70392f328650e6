// GET /stub/v1/push: for whom a notification was handed to a push service, why, and what became of it; newest first.

import { platformNames } from '../../protocol/vocabulary.js';
import type { Notifications } from '../core/interfaces.js';
import { type PushEntry, pushReasons } from '../core/push-types.js';
import { listOf } from './collection.js';
import type { Row } from './filter.js';
import { type AdminPorts, type AdminRoute, isoTime } from './graph.js';

export function pushLogRoutes(ports: AdminPorts<Notifications>): AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/stub/v1/push',
      handle: (request) => listOf(ports, request, [...ports.tenant.pushes()].reverse(), toRow, fields, enumerations),
    },
  ];
}

const toRow = ({ at, ...entry }: PushEntry): Row => ({ at: isoTime(at), ...entry });

const fields: ReadonlySet<string> = new Set(['at', 'deviceId', 'platform', 'why', 'result', 'reason']);

const enumerations = {
  platform: new Set<string>(platformNames),
  why: new Set<string>(pushReasons),
  result: new Set(['sent', 'refused', 'dropped']),
};
