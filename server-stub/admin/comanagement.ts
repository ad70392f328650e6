// Co-management under /stub/v1: ConfigMgr's side, by convention (C6, C11).
import { z } from 'zod';
import { workloads } from '../core/comanagement-types.js';
import type { Comanagements, Devices, Users } from '../core/interfaces.js';
import { stubError } from '../errors.js';
import { type AdminPorts, type AdminRoute, noContent, ok, param, readBody } from './graph.js';

const path = '/stub/v1/comanagement';

const outsideBms = 'comanagement';

const wanted = z.strictObject({
  userPrincipalName: z.string().min(1).max(256),
  /** Graph's id of a managed device, or the platform's own. */
  deviceId: z.string().min(1).max(256).exactOptional(),
  /** Of a PC that will enroll. */
  serial: z.string().min(1).max(256).exactOptional(),
  workloads: z.array(z.enum(workloads)).max(workloads.length),
});

/** GET lists; POST sets user and workloads of one PC; DELETE takes it out of co-management. */
export function comanagementRoutes({ tenant }: AdminPorts<Comanagements & Devices & Users>): AdminRoute[] {
  const row = ({ userId, serial, workloads: handed }: ReturnType<Comanagements['comanagement']>[number]) => ({
    userPrincipalName: tenant.user(userId)?.upn ?? userId,
    serial,
    deviceId: tenant.findDevices('serial', serial)[0]?.id ?? null,
    workloads: handed,
  });
  return [
    { method: 'GET', path, handle: () => ok({ value: tenant.comanagement().map(row) }) },
    {
      method: 'POST',
      path,
      outsideBms,
      handle(request, by) {
        const { userPrincipalName: upn, deviceId, serial, workloads: handed } = readBody(wanted, request);
        if ((deviceId === undefined) === (serial === undefined)) {
          throw stubError('REQUEST_INVALID', 'A PC is named by its deviceId or, before it enrolls, by its serial');
        }
        if (deviceId !== undefined) {
          const device = tenant.deviceByRecordId(deviceId) ?? tenant.device(deviceId);
          if (device === undefined) throw stubError('NOT_FOUND', `No device ${deviceId} is enrolled here`);
          return ok(row(tenant.comanage(device.deviceId, upn, handed, by)));
        }
        const user = tenant.user(upn);
        if (user === undefined) throw stubError('REQUEST_INVALID', `No user is called ${upn}`);
        const entry = { userId: user.id, serial: serial ?? '', workloads: [...new Set(handed)] };
        tenant.putComanagement(entry, by);
        return ok(row(entry), 201);
      },
    },
    {
      method: 'DELETE',
      path: `${path}/:serial`,
      outsideBms,
      handle(request, by) {
        tenant.removeComanagement(param(request, 'serial'), by);
        return noContent;
      },
    },
  ];
}
