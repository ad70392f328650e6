// The desired state of a device as a Headwind configuration (specs/android.md §1.3, §5).
import { isRollcallError } from '../../../base/errors.js';
import { companionPackage, writeCompanion } from '../../../protocol/app-config/companion.js';
import { strongswanPackage, writeStrongswanProfiles } from '../../../protocol/app-config/strongswan.js';
import { readConfiguration } from '../../../protocol/headwind/configuration.js';
import { type Label, writeLabels } from '../../../protocol/headwind/labels.js';
import type { HeadwindConfiguration } from '../../../protocol/headwind/types.js';
import type { PlainBundle } from '../../../protocol/managed-config/bundle.js';
import type { CertificateProfile } from '../../../protocol/vocabulary.js';
import type { DeviceDocument, DocumentItem } from '../../core/document.js';
import type { DeviceRecord } from '../../core/types.js';
import { baseKeys } from './base.js';
import { renderCertificate } from './certificate.js';
import { sayAll } from './commands.js';
import { renderConfiguration } from './configuration.js';
import { Draft, hashOf } from './draft.js';
import { MailApps, renderEmail } from './email.js';
import { Orders } from './orders.js';
import type { Part } from './part.js';
import type { Answered, AwaitedItem, RenderContext, Rendered } from './rendered.js';
import { renderVpn, type VpnContext } from './vpn.js';
import { renderWifi } from './wifi.js';

/**
 * The whole configuration that a device fetches. The same document with the same memory gives the same bytes; `lastUpdate` changes
 * with content alone, so that an idle device downloads nothing again. What cannot be carried is in `refused` with the reason.
 */
export function renderDocument(document: DeviceDocument, context: RenderContext): Rendered {
  const { items, removals, commands, device } = document;
  const draft = new Draft(context);
  const tools = toolsOf(items, context);
  const refused: Answered[] = [];
  const awaited: AwaitedItem[] = [];
  const labels: Label[] = [];
  // What an earlier authority left behind comes first: where two say the same key, the present one's word is the last.
  for (const item of [...items.filter(({ isStale }) => isStale), ...items.filter(({ isStale }) => !isStale)]) {
    const { name, authority, commandIds = [] } = item;
    const part = partOf(item, draft, tools, refused);
    if (part === undefined) continue;
    for (const carrier of part.carriers) labels.push({ carrier, name, authority });
    if (commandIds.length === 0) continue;
    awaited.push({ commandIds, by: 'info', name, carriers: part.carriers, files: part.files ?? [] });
  }
  const said = sayAll(commands, draft);
  const configuration = put(draft, labels, device, context);
  for (const { name, commandId } of removals) {
    const files = draft.withdrawnFilesOf(name);
    awaited.push({ commandIds: [commandId], by: 'info', name, carriers: [], files });
  }
  return {
    configuration,
    awaited: { at: context.now, items: [...awaited, ...said.awaited] },
    refused: [...refused, ...said.refused],
    memory: { stamps: draft.stamps(), mailApps: tools.mailApps.given, orders: tools.orders.given },
    pushes: said.pushes,
  };
}

type Tools = RenderContext & VpnContext & { readonly mailApps: MailApps; readonly orders: Orders };

/** What an item may ask of the document that it is in. */
function toolsOf(items: readonly DocumentItem[], context: RenderContext): Tools {
  const certificates = new Map<string, CertificateProfile>();
  const mail: string[] = [];
  let authority: Uint8Array | undefined;
  for (const { profile } of items) {
    if (profile.kind === 'email') mail.push(profile.name);
    if (profile.kind !== 'certificate') continue;
    certificates.set(profile.name, profile);
    if (profile.role === 'root' && profile.source.type === 'der') authority ??= profile.source.der;
  }
  return {
    ...context,
    certificate: (name) => certificates.get(name) ?? context.certificate(name),
    authority,
    mailApps: new MailApps(context, mail),
    orders: new Orders(context),
  };
}

/** Undefined where it cannot be carried: its commands have failed. */
function partOf(item: DocumentItem, draft: Draft, tools: Tools, refused: Answered[]): Part | undefined {
  const { commandIds = [] } = item;
  try {
    return render(item, draft, tools);
  } catch (error) {
    if (!isRollcallError(error)) throw error;
    const { code, message: reason } = error;
    refused.push(
      ...commandIds.map((commandId): Answered => ({ commandId, outcome: { status: 'failed', reason, code } })),
    );
    return undefined;
  }
}

function render({ profile, version, commandIds = [] }: DocumentItem, draft: Draft, tools: Tools): Part {
  switch (profile.kind) {
    case 'email':
      return renderEmail(profile, draft, tools);
    case 'vpn':
      return renderVpn(profile, draft, tools);
    case 'wifi':
      return renderWifi(profile, draft, tools);
    case 'certificate': {
      const isAwaited = commandIds.length > 0;
      return renderCertificate(profile, draft, {
        ...tools,
        orderOf: (subject) => tools.orders.of(profile.name, version, subject, isAwaited),
      });
    }
    case 'configuration':
      return renderConfiguration(profile, draft);
  }
}

/** All that the items came to, in the form of the server's answer. */
function put(
  draft: Draft,
  labels: readonly Label[],
  device: DeviceRecord,
  context: RenderContext,
): HeadwindConfiguration {
  companionOf(draft);
  if (draft.connections.length > 0) {
    Object.assign(draft.bundle(strongswanPackage), writeStrongswanProfiles(draft.connections));
  }
  for (const pkg of draft.packages) draft.carrierApp(pkg);
  addAdded(draft, device, context);
  if (draft.certificatePaths.length > 0) draft.launcherSetting('certificates', draft.certificatePaths.join(','));
  if (labels.length > 0) {
    const { name, value } = writeLabels(labels);
    draft.launcherSetting(name, value ?? '');
  }
  const { user, newNumber, newServerUrl, pushOptions, keepaliveSeconds } = context;
  const restrictions = [...draft.restrictions].sort().join(',');
  const configuration = readConfiguration({
    ...baseKeys,
    pushOptions,
    keepaliveTime: keepaliveSeconds,
    ...(device.imei !== undefined && { imei: device.imei }),
    ...(restrictions !== '' && { restrictions }),
    ...(device.deviceName !== undefined && { description: device.deviceName }),
    custom1: device.managedBy,
    ...(user !== undefined && { custom2: user }),
    ...(newNumber !== undefined && { newNumber }),
    ...(newServerUrl !== undefined && { newServerUrl }),
    ...draft.keys,
  });
  const applications = draft.applications();
  return { ...configuration, applications, applicationSettings: draft.settings(), files: draft.files() };
}

/** What the companion app is told: networks, client certificates, the end of management, what to tell (by convention). */
function companionOf(draft: Draft): void {
  const { networks, authorities, certificates, isRetiring: retire, tellsPasscode } = draft;
  if (networks.length + certificates.length === 0 && !retire && !tellsPasscode) return;
  // Each network was judged by itself, with the authorities that it names.
  const onc: PlainBundle = {
    Type: 'UnencryptedConfiguration',
    NetworkConfigurations: networks,
    ...(authorities.size > 0 && { Certificates: [...authorities.values()] }),
  };
  const told = writeCompanion({ ...(networks.length > 0 && { networks: onc }), certificates, retire, tellsPasscode });
  Object.assign(draft.bundle(companionPackage), told);
}

/** Files and apps that an administrator or a library user added. */
function addAdded(draft: Draft, { deviceId }: DeviceRecord, { shelf, base }: RenderContext): void {
  const { files, apps } = shelf.addedFor(deviceId);
  for (const { path, key, at, varContent = false } of files) {
    draft.file({ path, url: `${base}/files/${key}`, hash: hashOf(key), at, varContent });
  }
  for (const { pkg, name = pkg, version, code, key, runAfterInstall = false } of apps) {
    const url = `${base}/files/${key}`;
    const more = { ...(code !== undefined && { code }), ...(runAfterInstall && { runAfterInstall }) };
    draft.application({ type: 'app', name, pkg, version, url, ...more });
  }
}
