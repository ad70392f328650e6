// POST sync/applicationSettings: settings of apps that the device tells, which win over the configuration's (specs/android.md 0a.2, 0a.3).
import { isObject, type JsonValue } from '../../base/json.js';
import { readBeans, readFields } from '../../protocol/headwind/beans.js';
import { readJacksonBytes } from '../../protocol/headwind/jackson.js';
import { messages } from '../../protocol/headwind/messages.js';
import { malformed } from '../../protocol/headwind/refusal.js';
import type { ApplicationSetting, HeadwindConfiguration } from '../../protocol/headwind/types.js';
import type { Route, StubAnswer, StubRequest } from '../http-types.js';
import { error, ok } from './answers.js';
import { type AndroidContext, paths } from './context.js';
import { guarded, refuse, refuseType } from './guarded.js';
import { memoryOf, remember } from './memory.js';

/** Settings that are kept for one device, the newest, and their characters: they are in each of its documents. */
const mostSettings = 500;
const mostCharacters = 128 * 1024;

export const appSettingsRoute = (context: AndroidContext): Route => ({
  method: 'POST',
  path: paths.applicationSettings,
  maxBytes: 256 * 1024,
  handle: guarded(context, (request) => take(request, context)),
});

function take(request: StubRequest, context: AndroidContext): StubAnswer {
  const { tenant, numbers } = context;
  const wrongType = refuseType(context, request);
  if (wrongType !== undefined) return wrongType;
  const rows = readRows(request.body);
  const found = numbers.find(request.params['number'] ?? '');
  if (found?.by !== 'number')
    return refuse(context, request, 'no device has this number', error(messages.notFound), 'NOT_FOUND');
  // The server unboxes a null there, and fails.
  if (rows === undefined || rows.some((row) => row?.readonly !== true)) {
    return refuse(context, request, 'a setting without readonly:true', error(messages.internal));
  }
  const { deviceId } = found.device;
  const { appSettings = [], info } = memoryOf(found.device);
  const known = knownPackages(info);
  const given = rows.flatMap((row) => (row !== undefined && known.has(row.packageId) ? [row] : []));
  if (given.length === 0) return ok(); // nothing is taken away by an empty list
  const told = new Set(given.map(keyOf));
  const others = appSettings.filter((setting) => !told.has(keyOf(setting)));
  const merged = new Map([...others, ...given].map((setting) => [keyOf(setting), setting]));
  remember(tenant, deviceId, { appSettings: bounded([...merged.values()]) });
  return ok();
}

/** The newest of them, as many as there is room for. */
function bounded<T extends ApplicationSetting>(settings: readonly T[]): T[] {
  const kept: T[] = [];
  let left = mostCharacters;
  for (const setting of settings.slice(-mostSettings).reverse()) {
    left -= setting.packageId.length + setting.name.length + (setting.value?.length ?? 0);
    if (left >= 0) kept.unshift(setting);
  }
  return kept;
}

/** The server drops rows of packages that it has no app of: here those that the device has not told to have. */
function knownPackages(info: Readonly<Record<string, unknown>> | undefined): ReadonlySet<string> {
  const applications = info?.['applications'];
  const packages = Array.isArray(applications) ? applications.map((each: { pkg?: unknown }) => each.pkg) : [];
  return new Set(['com.hmdm.launcher', ...packages.filter((pkg) => typeof pkg === 'string')]);
}

type Row = ApplicationSetting & { readonly type: number };

/** Undefined: no list; an entry that is undefined: a null in it. Throws HEADWIND_MALFORMED. */
function readRows(bytes: Uint8Array): readonly (Row | undefined)[] | undefined {
  const body: JsonValue = bytes.length === 0 ? null : readJacksonBytes(bytes, 'the body');
  if (body === null) return undefined;
  if (!Array.isArray(body)) throw malformed('the body', isObject(body) ? 'is an object' : 'is no list');
  if (body.includes(null)) return undefined;
  return readBeans({ body }, 'body', '', (bean, at) => {
    const table = {
      packageId: 'text',
      name: 'text',
      type: 'integer',
      value: 'text',
      readonly: 'flag',
      lastUpdate: 'long',
      variable: 'flag',
    } as const;
    const { packageId = '', name = '', type = 1, value = null, lastUpdate = 0, readonly } = readFields(table, bean, at);
    const row = { packageId, name, type: [1, 2, 3].includes(type) ? type : 1, value, lastUpdate };
    return { ...row, ...(readonly !== undefined && { readonly }) };
  });
}

const keyOf = ({ packageId, name }: ApplicationSetting): string => `${packageId}\n${name}`;
const hasValue = ({ value }: ApplicationSetting): boolean => typeof value === 'string' && value.trim() !== '';

/** The configuration with what the device has told in the place of the same settings, behind the others. */
export function withDeviceSettings(
  configuration: HeadwindConfiguration,
  told: readonly ApplicationSetting[],
): HeadwindConfiguration {
  const own = told.filter(hasValue);
  if (own.length === 0) return configuration;
  const keys = new Set(own.map(keyOf));
  const others = configuration.applicationSettings.filter((setting) => hasValue(setting) && !keys.has(keyOf(setting)));
  return { ...configuration, applicationSettings: [...others, ...own] };
}
