import { isRollcallError } from '../../../../base/errors.js';
import { link } from '../../../../protocol/apple-mdm/error-chain.js';
import { isSince } from '../../../../protocol/apple-mdm/request-types.js';
import { parsePlistDict } from '../../../../protocol/plist/parse.js';
import { dict, isDict, messageLimits, type PlistDict, type PlistValue } from '../../../../protocol/plist/value.js';
import { type Answer, done, failed, refusalOf } from '../answer.js';
import { firstStatus, isOnItsWay, isToldOnce, takeOverStatus, withManaged } from '../app-installs.js';
import { type InstalledApp, installedApps, isPresent, managedApp, withApp } from '../apps.js';
import type { CommandContext, HandlerTable } from '../context.js';
import { plistLifted } from '../lifted.js';
import { FormatError, type Parameters } from '../parameters.js';
import type { ManagedApp } from '../saved.js';
import { troubleOf } from '../told.js';
import { native, plainDict, toPlistDict } from '../translate.js';

/** What a device says of one app; `Items` of the command chooses among these. */
const itemReaders: Readonly<Record<string, (app: InstalledApp) => PlistValue>> = {
  AdHocCodeSigned: () => false,
  AppStoreVendable: () => true,
  BetaApp: () => false,
  BundleSize: (app) => app.sizeBytes,
  DeviceBasedVPP: (app) => app.isManaged,
  DynamicSize: () => 0,
  ExternalVersionIdentifier: () => 0,
  HasUpdateAvailable: () => false,
  Identifier: (app) => app.id,
  Installing: (app) => app.isInstalling,
  IsAppClip: () => false,
  IsValidated: () => true,
  Name: (app) => app.name,
  ShortVersion: (app) => app.version,
  Version: (app) => app.version,
};

/** Which version of iOS brought which item; the others are as old as the command. */
const itemsSince: Readonly<Record<string, string>> = {
  AdHocCodeSigned: '11.3',
  AppStoreVendable: '11.3',
  BetaApp: '11.3',
  DeviceBasedVPP: '11.3',
  ExternalVersionIdentifier: '11.0',
  HasUpdateAvailable: '11.3',
  IsAppClip: '16.0',
  IsValidated: '9.2',
};

const maxManifestBytes = 256 * 1024;

interface Wanted {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly storeId?: number;
}

export const appCommands: HandlerTable = {
  async InstalledApplicationList(parameters, context) {
    const identifiers = setOf(parameters.optionalStrings('Identifiers'));
    const managedOnly = parameters.optionalBoolean('ManagedAppsOnly') ?? false;
    const { osVersion } = context.device.state.facts;
    const items = (parameters.optionalStrings('Items') ?? Object.keys(itemReaders)).filter(
      (item) => Object.hasOwn(itemReaders, item) && isSince(osVersion, itemsSince[item] ?? '5.0'),
    );
    const refused = refusalOf(await context.apply(native('InstalledApplicationList')));
    if (refused !== undefined) return refused;
    const apps = installedApps(context.device.state, context.memory.data).filter(
      (app) => (!managedOnly || app.isManaged) && (identifiers === undefined || identifiers.has(app.id)),
    );
    const describe = (app: InstalledApp): PlistDict =>
      dict(Object.fromEntries(items.map((item) => [item, itemReaders[item]?.(app)])));
    return done(dict({ InstalledApplicationList: apps.map(describe) }));
  },

  async ManagedApplicationList(parameters, context) {
    const identifiers = setOf(parameters.optionalStrings('Identifiers'));
    const refused = refusalOf(await context.apply(native('ManagedApplicationList')));
    if (refused !== undefined) return refused;
    const list: PlistDict = Object.create(null);
    const apps = context.memory.data.apps ?? [];
    const isAsked = ({ id }: ManagedApp) => identifiers === undefined || identifiers.has(id);
    const { osVersion } = context.device.state.facts;
    for (const app of apps.filter(isAsked)) list[app.id] = describeManaged(app, osVersion);
    const left = apps.filter((app) => !(isAsked(app) && isToldOnce(app)));
    if (left.length < apps.length) context.memory.change({ apps: left });
    return done(dict({ ManagedApplicationList: list }));
  },

  async InstallApplication(parameters, context) {
    const flags = parameters.optionalInteger('ManagementFlags', [0, 1, 4, 5]) ?? 0;
    const configuration = parameters.optionalDict('Configuration');
    const attributes = parameters.optionalDict('Attributes');
    const takesOver = parameters.has('ChangeManagementState');
    if (takesOver) parameters.choice('ChangeManagementState', ['Managed']);
    parameters.optionalDict('Options')?.optionalInteger('PurchaseMethod', [0, 1]);
    const wanted = await identify(parameters, context);
    if (wanted === undefined) return rejected(undefined, 'CouldNotVerifyAppID', 12023, 'The app cannot be verified.');

    const { state } = context.device;
    const before = managedApp(context.memory.data, wanted.id);
    const own = state.apps.find((app) => app.id === wanted.id && !app.managed);
    if (before !== undefined && isOnItsWay(before)) return alreadyQueued(before);
    if (before === undefined && own !== undefined && !takesOver) {
      return rejected(wanted.id, 'AppAlreadyInstalled', 12025, 'The app is already installed.');
    }
    const { supervised } = state.facts;
    const status =
      before !== undefined && isPresent(before)
        ? before.status
        : own === undefined
          ? firstStatus(supervised)
          : takeOverStatus(supervised);
    const kept: ManagedApp = {
      ...(before ?? { ...wanted, sizeBytes: own?.sizeBytes ?? appSizeBytes }),
      flags,
      status,
      ...(configuration === undefined ? {} : { configuration: plainDict(configuration.body) }),
      ...(attributes === undefined ? {} : { attributes: plainDict(attributes.body) }),
    };
    const change = isPresent(kept) ? { change: { apps: withManaged(state, kept) } } : {};
    const refused = refusalOf(await context.apply(native('InstallApplication', { ...wanted, flags, ...change })));
    if (refused !== undefined) return refused;
    context.memory.change({ apps: withApp(context.memory.data, kept) });
    return done(dict({ Identifier: wanted.id, State: status === 'Installing' ? 'Queued' : status }));
  },

  async RemoveApplication(parameters, context) {
    const id = parameters.name('Identifier');
    const app = managedApp(context.memory.data, id);
    if (app === undefined) return notManaged(id);
    if (isOnItsWay(app)) return failed(link('mdm', 12036, `The app “${id}” cannot be removed in its current state.`));
    const refused = refusalOf(
      await context.apply(
        native('RemoveApplication', { id, change: { apps: context.device.state.apps.filter((app) => app.id !== id) } }),
      ),
    );
    if (refused !== undefined) return refused;
    context.memory.change({ apps: (context.memory.data.apps ?? []).filter((app) => app.id !== id) });
    return done();
  },

  async ValidateApplications(parameters, context) {
    parameters.optionalStrings('Identifiers');
    return refusalOf(await context.apply(native('ValidateApplications'))) ?? done();
  },

  ManagedApplicationConfiguration: (parameters, context) =>
    listApps('ApplicationConfigurations', 'Configuration', (app) => app.configuration, parameters, context),

  ManagedApplicationAttributes: (parameters, context) =>
    listApps('ApplicationAttributes', 'Attributes', (app) => app.attributes, parameters, context),

  ManagedApplicationFeedback: (parameters, context) =>
    listApps('ManagedApplicationFeedback', 'Feedback', () => undefined, parameters, context),
};

/** Thousands of apps may be asked for among thousands. */
const setOf = (texts: readonly string[] | undefined) => (texts === undefined ? undefined : new Set(texts));

const appSizeBytes = 48_000_000;
const notManaged = (id: string): Answer => failed(link('mdm', 12029, `The app “${id}” is not managed.`));

/** Captured from a device that was asking its user (specs/apple.md §1.7). */
function alreadyQueued({ id }: ManagedApp): Answer {
  const text = `The app “${id}” is already being prompted for or installed.`;
  return {
    ...failed({ ...link('mdm', 1407, text), ErrorDomain: 'DeviceManagement.error' }),
    data: dict({ Identifier: id, RejectionReason: 'AppAlreadyQueued' }),
  };
}

function describeManaged(app: ManagedApp, osVersion: string): PlistDict {
  return dict({
    Status: app.status,
    ManagementFlags: app.flags,
    UnusedRedemptionCode: '',
    HasConfiguration: app.configuration !== undefined,
    HasFeedback: false,
    IsValidated: isSince(osVersion, '9.2') ? true : undefined,
    ExternalVersionIdentifier: isSince(osVersion, '10.3') ? 0 : undefined,
  });
}

async function listApps(
  key: string,
  field: string,
  read: (app: ManagedApp) => Record<string, unknown> | undefined,
  parameters: Parameters,
  context: CommandContext,
): Promise<Answer> {
  const identifiers = parameters.strings('Identifiers');
  const refused = refusalOf(await context.apply(native(key, { identifiers })));
  if (refused !== undefined) return refused;
  const asked = new Set(identifiers);
  const apps = (context.memory.data.apps ?? []).filter((app) => asked.has(app.id));
  const list = apps.map((app) => {
    const value = read(app);
    return dict({ Identifier: app.id, [field]: value === undefined ? undefined : toPlistDict(value) });
  });
  return done(dict({ [key]: list }));
}

/** Which app is meant: by bundle identifier, by store number, or by the manifest of an app of the company's own. */
async function identify(parameters: Parameters, context: CommandContext): Promise<Wanted | undefined> {
  const storeId = parameters.optionalInteger('iTunesStoreID');
  const id = parameters.has('Identifier') ? parameters.name('Identifier') : undefined;
  const manifest = parameters.optionalString('ManifestURL');
  if (manifest !== undefined) return await readManifest(manifest, context);
  if (id !== undefined)
    return { id, name: id.split('.').at(-1) ?? id, version: '1.0', ...(storeId === undefined ? {} : { storeId }) };
  if (storeId === undefined) throw new FormatError('iTunesStoreID, Identifier and ManifestURL are missing');
  return { id: `app.store.id${storeId}`, name: `App ${storeId}`, version: '1.0', storeId };
}

const unusable = ['FETCH_FAILED', 'PLIST_MALFORMED', 'PLIST_LIMIT'];

/** Apple's other/manifesturl.yaml: items[0].metadata names the app. */
async function readManifest(url: string, context: CommandContext): Promise<Wanted | undefined> {
  try {
    const answer = await context.exchange.fetch(url, maxManifestBytes, context.signal);
    const items = parsePlistDict(answer.body, messageLimits, plistLifted(context.device))['items'];
    const first = Array.isArray(items) ? items[0] : undefined;
    const metadata = isDict(first) ? first['metadata'] : undefined;
    if (!isDict(metadata)) return undefined;
    const { 'bundle-identifier': id, 'bundle-version': version, title } = metadata;
    if (typeof id !== 'string' || id.length === 0 || id.length > 255) return undefined;
    return { id, name: typeof title === 'string' ? title : id, version: typeof version === 'string' ? version : '1.0' };
  } catch (error) {
    if (!isRollcallError(error) || !unusable.includes(error.code)) throw error;
    context.ports.log.info(error.code, { during: 'InstallApplication', problem: error.message });
    context.device.tell(troubleOf(error, 'ManifestURL'));
    return undefined;
  }
}

function rejected(id: string | undefined, reason: string, code: number, text: string): Answer {
  return { ...failed(link('mdm', code, text)), data: dict({ Identifier: id, RejectionReason: reason }) };
}
