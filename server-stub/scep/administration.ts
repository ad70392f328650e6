// What an administrator may see and do of SCEP requests that wait for approval, under /stub/v1.
import { type AdminRoute, noContent, ok, param } from '../admin/graph.js';
import type { CertificateRequests } from './requests.js';

const pending = '/stub/v1/scep/pending';

export function scepAdminRoutes(requests: CertificateRequests): AdminRoute[] {
  return [
    { method: 'GET', path: pending, handle: () => ok({ value: requests.pending() }) },
    {
      method: 'POST',
      path: `${pending}/:transactionId/approve`,
      handle(request) {
        requests.approve(param(request, 'transactionId'));
        return noContent;
      },
    },
    {
      method: 'POST',
      path: `${pending}/:transactionId/reject`,
      handle(request) {
        requests.reject(param(request, 'transactionId'));
        return noContent;
      },
    },
  ];
}
