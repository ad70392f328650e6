import { failureEntry } from '../core/failures.js';
import type { Enrollments, Users } from '../core/interfaces.js';
import type { EnrollmentFailureRecord } from '../core/types.js';
import { listOf } from './collection.js';
import type { Row } from './filter.js';
import { type AdminPorts, type AdminRoute, isoTime, roles } from './graph.js';
import { wordsOf } from './platform-words.js';

/** Failed enrollments, newest first: microsoft.graph.enrollmentTroubleshootingEvent. */
export function troubleshootingRoutes(ports: AdminPorts<Enrollments & Users>): AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1.0/deviceManagement/troubleshootingEvents',
      who: roles,
      handle: (request) =>
        listOf(ports, request, [...ports.tenant.failures()].reverse(), (failure) => toEvent(ports, failure), fields),
    },
  ];
}

export function toEvent(
  { tenant, words }: Pick<AdminPorts<Users>, 'tenant' | 'words'>,
  failure: EnrollmentFailureRecord,
): Row {
  const user = failure.userUpn === undefined ? undefined : tenant.user(failure.userUpn);
  return {
    '@odata.type': '#microsoft.graph.enrollmentTroubleshootingEvent',
    id: failure.id,
    eventDateTime: isoTime(failure.at),
    correlationId: failure.id,
    managedDeviceIdentifier: '',
    operatingSystem: wordsOf(words, failure.platform).operatingSystem,
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
