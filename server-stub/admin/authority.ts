// The history of who managed whom, and the devices that no change moves. Graph has no word for them.
import type { Authorities, Commands, CompliancePolicies, ResourceGate, Users } from '../core/interfaces.js';
import type { AuthorityChange } from '../core/types.js';
import { stubError } from '../errors.js';
import type { Row } from './filter.js';
import { type AdminPorts, type AdminRoute, isoTime, ok, param } from './graph.js';
import { toManagedDevice } from './managed-device.js';

export function authorityRoutes(
  ports: AdminPorts<Authorities & Users & Commands & ResourceGate & CompliancePolicies>,
): AdminRoute[] {
  const { tenant } = ports;
  const root = '/stub/v1/authority/changes';
  return [
    { method: 'GET', path: root, handle: () => ok({ value: tenant.changes().map(toChangeRow) }) },
    {
      method: 'GET',
      path: `${root}/:n`,
      handle(request) {
        const n = param(request, 'n');
        const change = /^[1-9]\d{0,8}$/.test(n) ? tenant.change(Number(n)) : undefined;
        if (change === undefined) throw stubError('NOT_FOUND', `There was no change ${n}`);
        return ok(toChangeRow(change));
      },
    },
    {
      method: 'GET',
      path: '/stub/v1/userless',
      handle() {
        const { devices, advice } = tenant.userless(); // A10
        return ok({ advice, value: devices.map((device) => toManagedDevice(ports, device)) });
      },
    },
  ];
}

function toChangeRow({ at, certificate, ...change }: AuthorityChange): Row {
  return {
    ...change,
    at: isoTime(at),
    ...(certificate !== undefined && { certificate: { ...certificate, at: isoTime(certificate.at) } }),
  };
}
