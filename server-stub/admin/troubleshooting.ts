// Failed enrollments in Graph's words: microsoft.graph.enrollmentTroubleshootingEvent, newest first (E01 to E25, T2).
import { failureCategories } from '../../protocol/vocabulary/names.js';
import { failureCodes, failureEntry, resourcesOf } from '../core/failures.js';
import type { Devices, Enrollments, Organization, Users } from '../core/interfaces.js';
import type { EnrollmentFailureRecord } from '../core/types.js';
import { stubError } from '../errors.js';
import type { StubRequest } from '../http-types.js';
import { listOf, type Source, single } from './collection.js';
import type { Enumerations, Row } from './filter.js';
import { type AdminPorts, type AdminRoute, isoTime, param } from './graph.js';
import {
  deviceEnrollmentTypes,
  type GraphWords,
  operatingSystems,
  type WordsByPlatform,
  wordsOf,
} from './platform-words.js';

/** What is told of people's trouble is for those who help them (T4, T7). */
export const troubleshooters = ['administrator', 'helpDesk'] as const;

const root = '/v1.0/deviceManagement/troubleshootingEvents';

type Used = Enrollments & Users & Devices & Pick<Organization, 'authority'>;

export function troubleshootingRoutes(ports: AdminPorts<Used>): AdminRoute[] {
  const { tenant, words } = ports;
  const list = (request: StubRequest, failures: Source<EnrollmentFailureRecord>) =>
    listOf(ports, request, failures, toEvent(ports, request), fieldsOf(request), enumerationsOf(words));
  const all: Source<EnrollmentFailureRecord> = {
    *after(position) {
      for (const [number, failure] of tenant.failuresBefore(position && -position)) yield [-number, failure];
    },
    count: () => tenant.failureCount(),
    indexed: new Set(),
    find: () => undefined,
  };
  return [
    { method: 'GET', path: root, who: troubleshooters, handle: (request) => list(request, all) },
    {
      method: 'GET',
      path: `${root}/:id`,
      who: troubleshooters,
      handle(request) {
        const id = param(request, 'id');
        const failure = first(tenant.failuresBefore(), (each) => each.id === id);
        if (failure === undefined) throw stubError('NOT_FOUND', `No troubleshooting event has the id ${id}`);
        return single(request, toEvent(ports, request)(failure), fieldsOf(request));
      },
    },
    {
      method: 'GET',
      path: '/v1.0/users/:id/deviceManagementTroubleshootingEvents',
      who: troubleshooters,
      handle(request) {
        const id = param(request, 'id');
        const user = tenant.user(id);
        if (user === undefined) throw stubError('NOT_FOUND', `Resource '${id}' does not exist`);
        return list(request, newestFirst(tenant.failuresOf(user.id)));
      },
    },
    {
      method: 'GET',
      path: '/stub/v1/failures',
      who: troubleshooters,
      handle: (request) => list(request, all),
    },
  ];
}

/** Of one user: few. What comes later has a smaller position, and none that is there gets another. */
const newestFirst = (failures: readonly EnrollmentFailureRecord[]): Source<EnrollmentFailureRecord> => ({
  *after(position = -failures.length) {
    for (let index = Math.min(-position, failures.length) - 1; index >= 0; index--) {
      const failure = failures[index];
      if (failure !== undefined) yield [-index, failure];
    }
  },
  count: () => failures.length,
  indexed: new Set(),
  find: () => undefined,
});

function first(
  failures: ReturnType<Enrollments['failuresBefore']>,
  is: (failure: EnrollmentFailureRecord) => boolean,
): EnrollmentFailureRecord | undefined {
  for (const [, failure] of failures) if (is(failure)) return failure;
  return undefined;
}

/** `rollcall`: when the attempt began (E23), and what to do about it. Each of the resources opens. */
function toEvent(
  { tenant, words, originFor }: Pick<AdminPorts<Used>, 'tenant' | 'words' | 'originFor'>,
  request: StubRequest,
): (failure: EnrollmentFailureRecord) => Row {
  const origin = originFor(request);
  return (failure) => {
    const { id, at, startedAt = at, platform, userUpn, code, remedies } = failure;
    const user = tenant.user(failure.userId ?? userUpn ?? '');
    const { operatingSystem, enrollmentType } = wordsOf(words, platform);
    const entry = failureEntry(code);
    const explanation = entry?.reason ?? failure.failureReason;
    const resources = resourcesOf(code, tenant.authority).flatMap((path) => {
      if (!path.includes('{user}')) return [origin + path];
      return user === undefined ? [] : [origin + path.replace('{user}', encodeURIComponent(user.id))];
    });
    return {
      '@odata.type': '#microsoft.graph.enrollmentTroubleshootingEvent',
      id,
      eventDateTime: isoTime(at),
      correlationId: id,
      managedDeviceIdentifier: tenant.device(failure.deviceId ?? '')?.id ?? '',
      operatingSystem,
      osVersion: failure.osVersion ?? '',
      userId: user?.id ?? failure.userId ?? '',
      deviceId: failure.deviceId ?? '',
      enrollmentType: typeOf(failure, enrollmentType),
      failureCategory: failure.failureCategory,
      failureReason: failure.failureReason,
      ...(isBeta(request) && {
        additionalInformation: [],
        eventName: null,
        troubleshootingErrorDetails: {
          '@odata.type': '#microsoft.graph.deviceManagementTroubleshootingErrorDetails',
          context: 'Enrollment',
          failure: failure.failureReason,
          failureDetails: explanation,
          remediation: remedies,
          resources: resources.map((link) => ({
            '@odata.type': '#microsoft.graph.deviceManagementTroubleshootingErrorResource',
            text: new URL(link).pathname,
            link,
          })),
        },
      }),
      rollcall: {
        code,
        startDateTime: isoTime(startedAt),
        userPrincipalName: user?.upn ?? userUpn ?? '',
        explanation,
        remedies,
        resources,
      },
    };
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
  'rollcall/code',
]);

/** What /beta has beside it: explanation, remedies and resources in Graph's own words. */
const betaFields: ReadonlySet<string> = new Set([
  ...fields,
  'additionalInformation',
  'eventName',
  'troubleshootingErrorDetails',
]);

const isBeta = ({ path }: StubRequest): boolean => path.startsWith('/beta/');
const fieldsOf = (request: StubRequest): ReadonlySet<string> => (isBeta(request) ? betaFields : fields);

/** Of a record that does not say the way: by its user. */
const typeOf = ({ way, userUpn }: EnrollmentFailureRecord, inWords: GraphWords['enrollmentType']): string =>
  way === undefined && userUpn === undefined ? 'unknown' : inWords(way ?? 'user', userUpn !== undefined);

const enumerationsOf = (words: WordsByPlatform): Enumerations => ({
  operatingSystem: operatingSystems(words),
  enrollmentType: deviceEnrollmentTypes,
  failureCategory: new Set(failureCategories),
  'rollcall/code': new Set(failureCodes),
});
