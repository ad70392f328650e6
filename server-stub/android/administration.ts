// What an administrator may see and do of Android devices alone, under /stub/v1/android.
import { z } from 'zod';
import { type AdminRoute, noContent, ok, param, type Role, readBody } from '../admin/graph.js';
import { shownOpaque } from '../admin/shown.js';
import type { DeviceRecord } from '../core/types.js';
import { stubError } from '../errors.js';
import type { AndroidContext } from './context.js';
import type { AddedApp, AddedFile, AppToAdd, FileToAdd } from './files/shelf.js';
import { memoryOf } from './memory.js';

const devices = z.array(z.string().max(200)).max(10_000).exactOptional();
const fileBody = z.strictObject({
  path: z.string(),
  content: z.base64(),
  varContent: z.boolean().exactOptional(),
  devices,
});
const appBody = z.strictObject({
  pkg: z.string(),
  name: z.string().max(200).exactOptional(),
  version: z.string(),
  code: z.int().exactOptional(),
  content: z.base64(),
  runAfterInstall: z.boolean().exactOptional(),
  devices,
});

/** A file in base64, and the JSON around it. */
const bodyBytes = Math.ceil((16 * 1024 * 1024 * 4) / 3) + 64 * 1024;

const below = '/stub/v1/android';

type AdminContext = Pick<AndroidContext, 'tenant' | 'shelf' | 'logs'>;

/** Files and apps for devices, and what devices tell that Graph has no word for. */
export const adminRoutes = (context: AdminContext): readonly AdminRoute[] => [
  ...shelfRoutes(context),
  ...deviceRoutes(context),
];

function shelfRoutes(context: AdminContext): readonly AdminRoute[] {
  const { shelf } = context;
  const removal = (path: string): AdminRoute => ({
    method: 'DELETE',
    path,
    handle(request) {
      if (!remove(param(request, 'id'), context)) throw stubError('NOT_FOUND', 'There is no such file or app');
      return noContent;
    },
  });
  return [
    { method: 'GET', path: `${below}/files`, handle: (_, by) => ok({ value: shownAdded(shelf.files(), by) }) },
    {
      method: 'POST',
      path: `${below}/files`,
      maxBytes: bodyBytes,
      handle(request) {
        const { content, ...file } = readBody(fileBody, request, { maxBytes: bodyBytes });
        return ok(addFile({ ...file, bytes: Buffer.from(content, 'base64') }, context), 201);
      },
    },
    removal(`${below}/files/:id`),
    { method: 'GET', path: `${below}/apps`, handle: (_, by) => ok({ value: shownAdded(shelf.apps(), by) }) },
    {
      method: 'POST',
      path: `${below}/apps`,
      maxBytes: bodyBytes,
      handle(request) {
        const { content, ...app } = readBody(appBody, request, { maxBytes: bodyBytes });
        return ok(addApp({ ...app, bytes: Buffer.from(content, 'base64') }, context), 201);
      },
    },
    removal(`${below}/apps/:id`),
  ];
}

/** Who knows a key may download the content, which is anybody's secret. */
const shownAdded = (added: readonly (AddedFile | AddedApp)[], by: Role) =>
  added.map((each) => ({ ...each, key: shownOpaque(each.key, by) }));

function deviceRoutes({ tenant, logs }: AdminContext): readonly AdminRoute[] {
  const found = (request: Parameters<AdminRoute['handle']>[0]): DeviceRecord => {
    const id = param(request, 'deviceId');
    const device = tenant.device(id) ?? tenant.deviceByRecordId(id);
    if (device?.platform !== 'android') throw stubError('NOT_FOUND', 'There is no such Android device');
    return device;
  };
  return [
    {
      method: 'GET',
      path: `${below}/devices/:deviceId/log`,
      handle(request, by) {
        const lines = logs.of(found(request).deviceId);
        return ok({ value: lines.map((line) => ({ ...line, message: shownOpaque(line.message, by) })) });
      },
    },
    {
      method: 'GET',
      path: `${below}/devices/:deviceId/info`,
      handle(request, by) {
        const { info = null, dynamicInfo = null, failures = {} } = memoryOf(found(request));
        return ok({ info: shownOpaque(info, by), dynamicInfo: shownOpaque(dynamicInfo, by), failures });
      },
    },
  ];
}

/** Devices that it is for are told to come. Throws REQUEST_INVALID. */
export function addFile(file: FileToAdd, context: Pick<AdminContext, 'tenant' | 'shelf'>): AddedFile {
  const added = context.shelf.addFile(file);
  notify(added, context);
  return added;
}

/** Devices that it is for are told to come. Throws REQUEST_INVALID. */
export function addApp(app: AppToAdd, context: Pick<AdminContext, 'tenant' | 'shelf'>): AddedApp {
  const added = context.shelf.addApp(app);
  notify(added, context);
  return added;
}

/** False where there is none of this id. */
export function remove(id: string, context: Pick<AdminContext, 'tenant' | 'shelf'>): boolean {
  const removed = context.shelf.remove(id);
  if (removed !== undefined) notify(removed, context);
  return removed !== undefined;
}

function notify({ devices: some }: AddedFile | AddedApp, { tenant }: Pick<AdminContext, 'tenant'>): void {
  const all = some?.flatMap((id) => tenant.device(id) ?? []) ?? [...tenant.eachDevice()];
  for (const { deviceId, platform, status } of all) {
    if (platform === 'android' && status !== 'pending') tenant.notify(deviceId, 'assignment');
  }
}
