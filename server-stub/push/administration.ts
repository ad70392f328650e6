// What an administrator may see of the push service, under /stub/v1.
import { type AdminRoute, ok } from '../admin/graph.js';
import type { PushService } from './service.js';

export function pushAdminRoutes(push: PushService, ratePerSecond: number | undefined): AdminRoute[] {
  return [
    { method: 'GET', path: '/stub/v1/push/log', handle: () => ok({ value: push.log() }) },
    {
      method: 'GET',
      path: '/stub/v1/push/progress',
      handle: () => ok({ ...push.progress, ratePerSecond: ratePerSecond ?? null }),
    },
  ];
}
