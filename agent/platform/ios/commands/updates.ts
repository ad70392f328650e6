import { link } from '../../../../protocol/apple-mdm/error-chain.js';
import { isSince } from '../../../../protocol/apple-mdm/request-types.js';
import { dict, type PlistDict, PlistReal } from '../../../../protocol/plist/value.js';
import { done, refusalOf } from '../answer.js';
import type { CommandContext, HandlerTable } from '../context.js';
import type { Parameters } from '../parameters.js';
import { productOf, type System, updateFor } from '../products.js';
import type { PendingUpdate } from '../saved.js';
import { native } from '../translate.js';

const actions = [
  'Default',
  'DownloadOnly',
  'InstallASAP',
  'NotifyOnly',
  'InstallLater',
  'InstallForceRestart',
] as const;

const productKey = (system: System): string => `iOSUpdate${system.build}`;
const offered = (context: CommandContext): System | undefined => updateFor(context.device.state.facts.osVersion);

export const updateCommands: HandlerTable = {
  async AvailableOSUpdates(_parameters, context) {
    const refused = refusalOf(await context.apply(native('AvailableOSUpdates')));
    if (refused !== undefined) return refused;
    const system = offered(context);
    return done(dict({ AvailableOSUpdates: system === undefined ? [] : [describeUpdate(system, context)] }));
  },

  async ScheduleOSUpdate(parameters, context) {
    const updates = parameters.dicts('Updates').map(readUpdate);
    const refused = refusalOf(await context.apply(native('ScheduleOSUpdate', { updates })));
    if (refused !== undefined) return refused;
    const system = offered(context);
    const results = updates.map((update): PlistDict => {
      const names = system === undefined ? [] : [productKey(system), system.version];
      const isOffered = [update.key, update.version].every((name) => name === undefined || names.includes(name));
      if (system === undefined || !isOffered) return unknownUpdate(update.key ?? update.version ?? '');
      const action = update.action === 'Default' ? 'InstallASAP' : update.action;
      context.memory.change({ update: pending(system, action) });
      return dict({ ProductKey: productKey(system), InstallAction: action, Status: 'Downloading' });
    });
    return done(dict({ UpdateResults: results }));
  },

  async OSUpdateStatus(_parameters, context) {
    const refused = refusalOf(await context.apply(native('OSUpdateStatus')));
    if (refused !== undefined) return refused;
    const update = context.memory.data.update;
    const list =
      update === undefined
        ? []
        : [
            dict({
              ProductKey: productKey(update),
              IsDownloaded: update.downloaded,
              DownloadPercentComplete: new PlistReal(update.downloaded ? 1 : 0),
              Status: update.status,
            }),
          ];
    return done(dict({ OSUpdateStatus: list }));
  },
};

/** A scheduled update has been fetched by the time it is asked for, and is installed between this session and the next. */
function pending(system: System, action: string): PendingUpdate {
  const installs = action === 'InstallASAP' || action === 'InstallForceRestart';
  return { ...system, action, downloaded: action !== 'NotifyOnly', status: installs ? 'Installing' : 'Idle' };
}

/**
 * Installs what was scheduled for installation: the device starts the next session with the new system, and owes a
 * TokenUpdate (specs/apple.md §1.5).
 */
export async function finishUpdate(context: CommandContext): Promise<void> {
  const { update } = context.memory.data;
  if (update?.status !== 'Installing') return;
  const facts = { osVersion: update.version, osBuild: update.build };
  const outcome = await context.apply(native('OSUpdate', { change: { facts } }));
  if (outcome.status !== 'done') return;
  context.memory.forget('update');
  if (context.memory.data.owes === undefined) context.memory.change({ owes: 'TokenUpdate' });
}

function readUpdate(update: Parameters) {
  return {
    key: update.optionalString('ProductKey'),
    version: update.optionalString('ProductVersion'),
    action: update.choice('InstallAction', actions),
  };
}

/** Captured from devices: DeviceManagement.error 2213 over the update service's own 3 (specs/apple.md §1.7). */
function unknownUpdate(key: string): PlistDict {
  const text = `No update “${key}” is available for this device.`;
  const chain = [
    { ...link('mdm', 2213, text), ErrorDomain: 'DeviceManagement.error' },
    { ...link('mdm', 3, text), ErrorDomain: 'com.apple.softwareupdateservices.errors' },
  ];
  return dict({
    ProductKey: key,
    InstallAction: 'Error',
    Status: 'Idle',
    ErrorChain: chain.map((entry) => dict({ ...entry })),
  });
}

function describeUpdate(system: System, context: CommandContext): PlistDict {
  const product = productOf(context.device.state.facts.model);
  return dict({
    ProductKey: productKey(system),
    HumanReadableName: `${product?.family === 'iPad' ? 'iPadOS' : 'iOS'} ${system.version}`,
    ProductName: product?.family === 'iPad' ? 'iPadOS' : 'iOS',
    Version: system.version,
    Build: system.build,
    DownloadSize: 612_000_000,
    InstallSize: 1_400_000_000,
    IsCritical: false,
    RestartRequired: true,
    AllowsInstallLater: true,
    IsSecurityResponse: isSince(context.device.state.facts.osVersion, '16.2') ? false : undefined,
  });
}
