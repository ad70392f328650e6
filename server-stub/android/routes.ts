import type { Route } from '../http-types.js';
import { appSettingsRoute } from './app-settings.js';
import { type AndroidContext, paths } from './context.js';
import { deviceLogRoutes } from './device-log.js';
import { dynamicInfoRoutes } from './dynamic-info.js';
import { serveFile } from './files/routes.js';
import { infoRoute } from './info.js';
import { messageRoute } from './messages.js';
import { pollingRoutes } from './polling.js';
import { qrRoute } from './qr.js';
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
    qrRoute(context),
    ...fileRoutes(context),
  ].map((route) => ({ ...route, path: context.settings.contextPath + route.path }));
