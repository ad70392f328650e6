import { failureEntry } from '../core/failures.js';
import type { EnrollmentFailureRecord, Tenant } from '../core/types.js';
import { listOf } from './collection.js';
import type { Row } from './filter.js';
import type { AdminPorts, AdminRoute } from './graph.js';
import { isoTime } from './graph.js';
import { systemName } from './managed-device.js';

/** Failed enrollments, newest first: microsoft.graph.enrollmentTroubleshootingEvent. */
export function troubleshootingRoutes({ tenant }: AdminPorts): AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1.0/deviceManagement/troubleshootingEvents',
      handle: (request) =>
        listOf(request, [...tenant.failures()].reverse(), (failure) => toEvent(tenant, failure), fields),
    },
  ];
}

export function toEvent(tenant: Tenant, failure: EnrollmentFailureRecord): Row {
  const user = failure.userUpn === undefined ? undefined : tenant.user(failure.userUpn);
  return {
    '@odata.type': '#microsoft.graph.enrollmentTroubleshootingEvent',
    id: failure.id,
    eventDateTime: isoTime(failure.at),
    correlationId: failure.id,
    managedDeviceIdentifier: '',
    operatingSystem: systemName(failure.platform),
    osVersion: failure.osVersion ?? '',
    userId: user?.id ?? '',
    deviceId: failure.deviceId ?? '',
    enrollmentType: failure.userUpn === undefined ? 'unknown' : 'userEnrollment',
    failureCategory: failure.failureCategory,
    failureReason: failure.failureReason,
    rollcall: {
      code: failure.code,
      userPrincipalName: failure.userUpn ?? '',
      remedies: failure.remedies,
      resources: failureEntry(failure.code)?.resources ?? [],
    },
  };
}

const fields: ReadonlySet<string> = new Set([
  'id',
  'eventDateTime',
  'correlationId',
  'managedDeviceIdentifier',
  'operatingSystem',
  'osVersion',
  'userId',
  'deviceId',
  'enrollmentType',
  'failureCategory',
  'failureReason',
  'rollcall',
]);
