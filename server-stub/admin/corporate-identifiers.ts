// Devices that are declared as the organization's (E10, E19): Graph's importedDeviceIdentities, which beta alone has.
import { z } from 'zod';
import type { CorporateIdentifier } from '../core/admission-types.js';
import { identifierKey, isIdentifier, longestIdentifier, noIdentifier, partsOf } from '../core/corporate-index.js';
import type { CorporateDevices, Devices } from '../core/interfaces.js';
import { stubError } from '../errors.js';
import type { StubRequest } from '../http-types.js';
import { listOf, single } from './collection.js';
import type { Row } from './filter.js';
import { type AdminPorts, type AdminRoute, isoTime, noContent, ok, param, readBody } from './graph.js';
import { wordsOf } from './platform-words.js';

const root = '/beta/deviceManagement/importedDeviceIdentities';
/** Of one call of importDeviceIdentityList. */
const mostAtOnce = 10_000;
const bodyLimits = { maxBytes: 4 * 1024 * 1024, maxValues: mostAtOnce * 12 + 100 };
const outsideBms = 'corporateIdentifiers';

const identity = z
  .looseObject({
    importedDeviceIdentifier: z.string().min(1).max(longestIdentifier),
    importedDeviceIdentityType: z.enum(['serialNumber', 'imei', 'manufacturerModelSerial']),
    description: z.string().max(1000).nullable().exactOptional(),
  })
  .refine(({ importedDeviceIdentityType: type, importedDeviceIdentifier: value }) => isIdentifier(type, value), {
    path: ['importedDeviceIdentifier'],
    error: noIdentifier,
  });
const importing = z.looseObject({
  importedDeviceIdentities: z.array(identity).max(mostAtOnce),
  overwriteImportedDeviceIdentities: z.boolean().exactOptional(),
});

type Given = z.output<typeof identity>;

export function corporateIdentifierRoutes(ports: AdminPorts<CorporateDevices & Devices>): AdminRoute[] {
  const { tenant, random, clock } = ports;
  const toRow = (each: CorporateIdentifier) => rowOf(ports, each);
  const made = ({ importedDeviceIdentifier: value, importedDeviceIdentityType: type, description }: Given) => ({
    id: random.uuid().toLowerCase(),
    type,
    value,
    ...(description ? { description } : {}),
    createdAt: clock.now(),
  });
  /** `status`: whether it is now as it was asked for. One that is declared already stays as it is unless it may be overwritten. */
  const importAll = (all: readonly Given[], mayOverwrite: boolean): readonly Row[] => {
    const taken = new Map<string, CorporateIdentifier>();
    const results = all.map((given) => {
      const { importedDeviceIdentityType: type, importedDeviceIdentifier: value, description } = given;
      const key = identifierKey(type, value);
      const known = taken.get(key) ?? tenant.findCorporateDevice(type, value);
      if (known !== undefined && !mayOverwrite) return { identifier: known, status: false };
      const { description: _, ...rest } = known ?? made(given);
      const identifier = { ...rest, ...(description ? { description } : {}) };
      taken.set(key, identifier);
      return { identifier, status: true };
    });
    tenant.putCorporateDevices([...taken.values()]);
    const type = '#microsoft.graph.importedDeviceIdentityResult';
    return results.map(({ identifier, status }) => ({ ...toRow(identifier), '@odata.type': type, status }));
  };
  return [
    {
      method: 'GET',
      path: root,
      outsideBms,
      handle: (request) => listOf(ports, request, tenant.corporateDevices(), toRow, fields, enumerations),
    },
    {
      method: 'POST',
      path: root,
      outsideBms,
      handle(request) {
        const identifier = made(readBody(identity, request));
        tenant.putCorporateDevice(identifier);
        return ok(toRow(identifier), 201);
      },
    },
    {
      method: 'POST',
      path: `${root}/importDeviceIdentityList`,
      activity: 'importDeviceIdentityList',
      maxBytes: bodyLimits.maxBytes,
      outsideBms,
      handle(request) {
        const { importedDeviceIdentities: all, overwriteImportedDeviceIdentities: mayOverwrite = false } = readBody(
          importing,
          request,
          bodyLimits,
        );
        return ok({ value: importAll(all, mayOverwrite) });
      },
    },
    {
      method: 'GET',
      path: `${root}/:id`,
      outsideBms,
      handle: (request) => single(request, toRow(identifierOf(tenant, request)), fields),
    },
    {
      method: 'DELETE',
      path: `${root}/:id`,
      outsideBms,
      handle(request) {
        tenant.removeCorporateDevice(identifierOf(tenant, request).id);
        return noContent;
      },
    },
  ];
}

function identifierOf(tenant: CorporateDevices, request: StubRequest): CorporateIdentifier {
  const id = param(request, 'id');
  const found = tenant.corporateDevice(id);
  if (found === undefined) throw stubError('NOT_FOUND', `No imported device identity has the id ${id}`);
  return found;
}

/** A device is found again by its serial number alone: of an IMEI nothing is known of who came. */
function rowOf(
  { tenant, words }: Pick<AdminPorts<Devices>, 'tenant' | 'words'>,
  { id, type, value, description, createdAt }: CorporateIdentifier,
): Row {
  const serial = type === 'manufacturerModelSerial' ? partsOf(value).serial : value;
  const [device] = type === 'imei' ? [] : tenant.findDevices('serial', serial);
  const isEnrolled = device !== undefined && device.status !== 'pending';
  return {
    '@odata.type': '#microsoft.graph.importedDeviceIdentity',
    id,
    importedDeviceIdentifier: value,
    importedDeviceIdentityType: type,
    description: description ?? '',
    createdDateTime: isoTime(createdAt),
    lastModifiedDateTime: isoTime(createdAt),
    lastContactedDateTime: isEnrolled ? isoTime(device.lastSyncAt ?? device.enrolledAt) : null,
    enrollmentState: isEnrolled ? 'enrolled' : type === 'imei' ? 'unknown' : 'notContacted',
    platform: isEnrolled ? wordsOf(words, device.platform).restriction.replace(/Restriction$/, '') : 'unknown',
  };
}

const fields: ReadonlySet<string> = new Set([
  '@odata.type',
  'id',
  'importedDeviceIdentifier',
  'importedDeviceIdentityType',
  'description',
  'createdDateTime',
  'lastModifiedDateTime',
  'lastContactedDateTime',
  'enrollmentState',
  'platform',
]);

const enumerations = {
  importedDeviceIdentityType: new Set(['unknown', 'imei', 'serialNumber', 'manufacturerModelSerial']),
  enrollmentState: new Set(['unknown', 'enrolled', 'pendingReset', 'failed', 'notContacted', 'blocked']),
};
