// The extras of a QR code as JSON (specs/android.md §1.9). By convention the key is a user's principal name, or `default`.
import { mqttPortKey } from '../../protocol/headwind/extras.js';
import type { Route, StubAnswer, StubRequest } from '../http-types.js';
import { openToAll, page } from './answers.js';
import { type AndroidContext, configurationId, paths } from './context.js';
import { guarded, refuse } from './guarded.js';
import { portOf } from './wake.js';

/** Of a device without a user. */
export const defaultKey = 'default';

export const qrRoutes = (context: AndroidContext): readonly Route[] => [
  { method: 'GET', path: paths.qrJson, handle: guarded(context, (request) => extras(request, context)) },
  // The image of a code, as a server answers whose configuration has no main app: nothing draws one here.
  { method: 'GET', path: paths.qr, handle: () => ({ status: 200, headers: openToAll }) },
];

function extras(request: StubRequest, context: AndroidContext): StubAnswer {
  const { groups, settings, addresses, broker } = context;
  const key = request.params['key'] ?? '';
  if (key !== defaultKey && !key.includes('@')) {
    return refuse(context, request, 'no configuration has this key', page(500), 'NOT_FOUND');
  }
  const { query } = request;
  const deviceId = query.get('deviceId')?.trim() ?? '';
  const useId = query.get('useId');
  const own = key === defaultKey ? [] : [String(groups.idOf(key))];
  const group = [...own, ...query.getAll('group')].join(',');
  // As the server writes it: a device id and groups are put in as they came.
  const entries = [
    ...(deviceId === '' ? [] : [`"com.hmdm.DEVICE_ID":"${deviceId}",`]),
    ...(query.get('create') === '1' ? [`"com.hmdm.CONFIG":"${configurationId}",\n`] : []),
    ...(useId === null ? [] : [`"com.hmdm.DEVICE_ID_USE":${JSON.stringify(useId)},\n`]),
    ...(group === '' ? [] : [`"com.hmdm.GROUP":"${group}",\n`]),
    `"com.hmdm.BASE_URL":"${addresses.originFor(request)}",\n`,
    `"com.hmdm.SERVER_PROJECT":"${settings.contextPath.slice(1)}"`,
    `,\n"${mqttPortKey}":${portOf(broker)}`,
  ];
  return {
    status: 200,
    headers: { ...openToAll, 'content-type': 'application/json' },
    body: `{${entries.join('')}}\n`,
  };
}
