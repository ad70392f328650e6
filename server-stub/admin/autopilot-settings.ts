// The account by which Intune and the service of Autopilot exchange their devices: Graph's windowsAutopilotSettings, which beta alone has.
import type { StubRequest } from '../http-types.js';
import { single } from './collection.js';
import { type AdminPorts, type AdminRoute, isoTime, noContent } from './graph.js';

const root = '/beta/deviceManagement/windowsAutopilotSettings';
const outsideBms = 'autopilot';
const fields: ReadonlySet<string> = new Set([
  '@odata.type',
  'id',
  'lastSyncDateTime',
  'lastManualSyncTriggerDateTime',
  'syncStatus',
]);

/** There is one service here, so that a `sync` is over with the call; when it was is not kept over a restart. */
export function autopilotSettingsRoutes({ clock }: Pick<AdminPorts<unknown>, 'clock'>): AdminRoute[] {
  let syncedAt: number | undefined;
  const row = () => ({
    '@odata.type': '#microsoft.graph.windowsAutopilotSettings',
    id: 'windowsAutopilotSettings',
    lastSyncDateTime: syncedAt === undefined ? null : isoTime(syncedAt),
    lastManualSyncTriggerDateTime: syncedAt === undefined ? null : isoTime(syncedAt),
    syncStatus: syncedAt === undefined ? 'unknown' : 'completed',
  });
  return [
    { method: 'GET', path: root, outsideBms, handle: (request: StubRequest) => single(request, row(), fields) },
    {
      method: 'POST',
      path: `${root}/sync`,
      outsideBms,
      handle() {
        syncedAt = clock.now();
        return noContent;
      },
    },
  ];
}
