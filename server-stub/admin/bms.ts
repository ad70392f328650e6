// The service of Basic Mobility and Security (B1, B2, B8, B10), under /stub/v1: the administrator's alone (A19).
import { z } from 'zod';
import type { BmsState } from '../core/admission-state.js';
import type { Bms } from '../core/interfaces.js';
import { type AdminPorts, type AdminRoute, isoTime, ok, readBody } from './graph.js';

const path = '/stub/v1/bms';
const exclusions = `${path}/exclusions`;
const wanted = z.strictObject({ groups: z.array(z.string().min(1).max(200)).max(1000) });

const advice: { readonly [S in BmsState['status']]?: string } = {
  provisioning: 'Nobody enrolls and no policy is taken until it is ready: wait for that.',
  stuck: 'It takes longer than it should: contact support. It may still become ready.',
};

export function bmsRoutes({ tenant }: AdminPorts<Bms>): AdminRoute[] {
  const row = () => {
    const { status, since } = tenant.bms();
    const withoutEffect = tenant.withoutEffect();
    return {
      state: status,
      since: status === 'none' ? null : isoTime(since),
      ...(advice[status] !== undefined && { advice: advice[status] }),
      ...(withoutEffect !== undefined && { withoutEffect }),
    };
  };
  return [
    { method: 'GET', path, who: ['administrator'], handle: () => ok(row()) },
    {
      method: 'POST',
      path,
      activity: 'activateBms',
      handle(_, by) {
        tenant.activateBms(by);
        return ok(row());
      },
    },
    { method: 'DELETE', path, handle: () => tenant.deactivateBms() },
    {
      method: 'GET',
      path: exclusions,
      who: ['administrator'],
      handle: () => ok({ groups: tenant.bms().exclusions }),
    },
    {
      method: 'PUT',
      path: exclusions,
      handle(request) {
        tenant.setBmsExclusions(readBody(wanted, request).groups);
        return ok({ groups: tenant.bms().exclusions });
      },
    },
  ];
}
