// GET /healthz: whether the stub does what is asked of it, for load balancers and containers. No token is asked for.
import type { Stored } from './core/persistence.js';
import type { Route } from './http-types.js';

export type Health =
  | { readonly status: 'ok' }
  /** Check-ins that change nothing, and reading, go on; changes are refused until the reason is gone. */
  | { readonly status: 'failing'; readonly code: 'STORE_UNWRITABLE'; readonly reason: string };

/** Without a store there is nothing that can fail. */
export function healthOf(store: Pick<Stored, 'failure'> | undefined): Health {
  const reason = store?.failure;
  return reason === undefined ? { status: 'ok' } : { status: 'failing', code: 'STORE_UNWRITABLE', reason };
}

/** 200 while all is well, 503 with the reason while changes cannot be stored. */
export function healthRoute(store: Pick<Stored, 'failure'> | undefined): Route {
  return {
    method: 'GET',
    path: '/healthz',
    handle() {
      const health = healthOf(store);
      return {
        status: health.status === 'ok' ? 200 : 503,
        headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
        body: JSON.stringify(health),
      };
    },
  };
}
