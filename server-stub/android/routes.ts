import type { Route, StubAnswer } from '../http-types.js';
import { page } from './answers.js';
import { appSettingsRoute } from './app-settings.js';
import { type AndroidContext, type AndroidSettings, paths } from './context.js';
import { deviceLogRoutes } from './device-log.js';
import { dynamicInfoRoutes } from './dynamic-info.js';
import { serveFile } from './files/routes.js';
import { infoRoute } from './info.js';
import { messageRoute } from './messages.js';
import { pollingRoutes } from './polling.js';
import { qrRoutes } from './qr.js';
import { resetRoutes } from './reset.js';
import { syncRoutes } from './sync.js';

/** Folders deep that a file may lie. */
const deepest = 8;

const fileRoutes = (context: AndroidContext): readonly Route[] =>
  Array.from({ length: deepest }, (_, depth) => ({
    method: 'GET',
    path: paths.files + Array.from({ length: depth + 1 }, (__, at) => `/:part${at}`).join(''),
    handle: (request) => serveFile(request, context),
  }));

/** Whatever begins so is a request of a launcher; in which context the server runs, it may not know. */
const asked = /^(?:\/[\w-]+)?\/(?:rest|files)\//;

/** A page, as the servlet container has it; below the context's `/rest` with the headers of the server's filter. */
export const unroutable = (path: string, status: number, { contextPath }: AndroidSettings): StubAnswer | undefined =>
  asked.test(path) ? page(status, { open: path.startsWith(`${contextPath}/rest/`) && status !== 400 }) : undefined;

/** All of them, below the context path. */
export const routes = (context: AndroidContext): readonly Route[] =>
  [
    ...syncRoutes(context),
    infoRoute(context),
    appSettingsRoute(context),
    ...pollingRoutes(context),
    ...resetRoutes(context),
    ...dynamicInfoRoutes(context),
    ...deviceLogRoutes(context),
    messageRoute(context),
    ...qrRoutes(context),
    ...fileRoutes(context),
  ].map((route) => ({ ...route, path: context.settings.contextPath + route.path }));
