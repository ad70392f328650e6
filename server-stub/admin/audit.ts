// Who changed what, in Graph's words: microsoft.graph.auditEvent, newest first.
import type { Audits } from '../core/interfaces.js';
import type { AuditEntry } from '../core/types.js';
import { stubError } from '../errors.js';
import { listOf, single } from './collection.js';
import type { Row } from './filter.js';
import { type AdminPorts, type AdminRoute, isoTime, param } from './graph.js';

const root = '/v1.0/deviceManagement/auditEvents';

export function auditRoutes(ports: AdminPorts<Audits>): AdminRoute[] {
  const { tenant } = ports;
  return [
    {
      method: 'GET',
      path: root,
      handle: (request) => listOf(ports, request, [...tenant.auditEntries()].reverse(), toRow, fields, enumerations),
    },
    {
      method: 'GET',
      path: `${root}/:id`,
      handle(request) {
        const id = param(request, 'id');
        const entry = tenant.auditEntries().find((each) => each.id === id);
        if (entry === undefined) throw stubError('NOT_FOUND', `No audit event has the id ${id}`);
        return single(request, toRow(entry), fields);
      },
    },
  ];
}

function toRow({ id, at, by, activity, target, details = {} }: AuditEntry): Row {
  const { operation = 'Action', resource = '', fields: changed = '' } = details;
  const names = String(changed).split(', ').filter(Boolean);
  return {
    '@odata.type': '#microsoft.graph.auditEvent',
    id,
    displayName: activity,
    componentName: 'rollcall',
    activity,
    activityDateTime: isoTime(at),
    activityType: operation,
    activityOperationType: operation,
    activityResult: 'Success',
    correlationId: id,
    category: String(resource),
    actor: {
      '@odata.type': '#microsoft.graph.auditActor',
      auditActorType: 'ItPro',
      userPermissions: [by],
      userPrincipalName: by,
    },
    resources: [
      {
        '@odata.type': '#microsoft.graph.auditResource',
        displayName: target ?? '',
        resourceId: target ?? '',
        type: String(resource),
        // Names alone: what was written may be a secret.
        modifiedProperties: names.map((displayName) => ({ displayName, oldValue: null, newValue: null })),
      },
    ],
    rollcall: { by, target: target ?? null, details },
  };
}

const fields: ReadonlySet<string> = new Set([
  '@odata.type',
  'id',
  'displayName',
  'componentName',
  'activity',
  'activityDateTime',
  'activityType',
  'activityOperationType',
  'activityResult',
  'correlationId',
  'category',
  'actor',
  'resources',
  'rollcall',
  'actor/userPrincipalName',
]);

const operations = new Set(['Create', 'Patch', 'Delete', 'Action', 'Get', 'SetReference', 'RemoveReference']);
const enumerations = {
  activityType: operations,
  activityOperationType: operations,
  activityResult: new Set(['Success', 'ClientError', 'Failure', 'Timeout']),
};
