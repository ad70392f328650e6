// Who may do what (A19): one table, made of the routes themselves.
import { type AdminRoute, ok, roles, rolesOf } from './graph.js';

/** GET /stub/v1/roles, for every role: each route with the roles that may call it. `token`: false where none is asked for. */
export function rolesRoute(routes: readonly AdminRoute[]): AdminRoute {
  const route: AdminRoute = {
    method: 'GET',
    path: '/stub/v1/roles',
    who: roles,
    handle: () =>
      ok({
        value: [...routes, route].map((each) => ({
          method: each.method,
          path: each.path,
          token: each.who !== 'anybody',
          roles: rolesOf(each),
        })),
      }),
  };
  return route;
}
