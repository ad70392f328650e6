import { encodeSegment } from '../../../../protocol/syncml/loc-uri.js';
import { hwDevIdOf } from '../device-id.js';
import type { WindowsData } from '../saved.js';
import { channelUri, newChannel } from '../wake.js';
import { judgedAddress } from './dm-acc.js';
import { firstSyncChildren, firstSyncLeaf, judgeFirstSync } from './first-sync.js';
import type { CspContext, CspModule, NodeAddress, NodeValue, Refusal } from './module.js';
import { badValue, namesBelow, notAllowed, notHere, schemaPath } from './path.js';

const roots = ['./Device/Vendor/MSFT/DMClient', './User/Vendor/MSFT/DMClient'] as const;
const provided = 'Provider/{ProviderID}/';

/**
 * DMClient: the enrollment as the device keeps it (specs/windows.md §1.5, §1.12, §2.0). There is one provider, the one that the
 * device is enrolled at; any other does not exist.
 */
export const dmClientModule: CspModule = {
  roots,
  get(node, context) {
    const names = namesBelow(node, 'DMClient');
    const stranger = strangerAmong(names, context.memory.data);
    if (stranger !== undefined) return stranger;
    const path = schemaPath(node, 'DMClient');
    const first = firstSyncLeaf(node, path, context.tree);
    return first ?? leafOf(node, path, context);
  },
  children(node, { memory, tree }) {
    const { data } = memory;
    const path = schemaPath(node, 'DMClient');
    if (path === 'Provider') return [data.account.providerId];
    if (strangerAmong(namesBelow(node, 'DMClient'), data) !== undefined) return [];
    if (path.endsWith('/FirstSyncStatus')) return firstSyncChildren(node, tree);
    if (node.scope === 'user') return [];
    if (path === '') return ['Unenroll', 'HWDevID'];
    if (path === 'Provider/{ProviderID}') return ownLeaves(data);
    if (!path.endsWith('/Push') || !tree.has(`${node.uri}/PFN`)) return [];
    return data.channel === undefined ? ['Status'] : ['ChannelURI', 'Status'];
  },
  judge(write, { memory, tree }) {
    const { node, verb, value } = write;
    const names = namesBelow(node, 'DMClient');
    const stranger = strangerAmong(names, memory.data);
    if (stranger !== undefined) return stranger;
    const path = schemaPath(node, 'DMClient');
    if (path === 'Provider/{ProviderID}' && verb === 'Delete')
      return notAllowed('the provider of an enrollment goes with it (Unenroll)');
    const { address } = memory.data.account;
    if (path === `${provided}ManagementServiceAddress` && value !== undefined)
      return judgedAddress(value.value, address);
    if (path === 'UpdateManagementServiceAddress' && value !== undefined)
      return judgedUpdate(value.value, memory.data, tree.value(listOf(memory.data)));
    return judgeFirstSync(write, path, tree);
  },
  written({ node, verb, value }, { memory, ports, tree }) {
    const path = schemaPath(node, 'DMClient');
    if (path.startsWith(`${provided}Poll`)) memory.change({ pollSince: ports.clock.now() }); // the schedule begins anew
    if (path === `${provided}Push/PFN` || path === `${provided}Push`)
      setChannel(verb === 'Delete' ? '' : value?.value, memory, ports);
    if (value === undefined) return undefined;
    const { account } = memory.data;
    if (path === `${provided}ManagementServiceAddress` && tree.value(listOf(memory.data)) === undefined)
      memory.change({ account: { ...account, address: value.value } });
    if (path === 'UpdateManagementServiceAddress')
      memory.change({ account: { ...account, address: value.value.split(';')[0]?.trim() ?? account.address } });
    return undefined;
  },
  async exec(node, item, { memory, effect }) {
    const path = schemaPath(node, 'DMClient');
    const stranger = strangerAmong(namesBelow(node, 'DMClient'), memory.data);
    if (stranger !== undefined) return stranger;
    if (path !== 'Unenroll' && path !== `${provided}Unenroll`)
      return { status: 406, reason: `${path} is not emulated` };
    const { providerId } = memory.data.account;
    const named = item.data?.trim() ?? '';
    const isNamed = path === 'Unenroll' ? named !== '' : true; // the address says which; Data need not
    if (!isNamed || (named !== '' && named.toLowerCase() !== providerId.toLowerCase()))
      return { status: 404, reason: `the device is enrolled at no provider “${named}”` };
    effect({ kind: 'unenroll' });
    return { status: 200 };
  },
};

/** A provider that the device is not enrolled at. */
function strangerAmong(names: readonly string[], { account }: WindowsData): Refusal | undefined {
  const [first, provider] = names;
  if (first?.toLowerCase() !== 'provider' || provider === undefined) return undefined;
  return provider.toLowerCase() === account.providerId.toLowerCase()
    ? undefined
    : notHere(`the device is enrolled at no provider “${provider}”`);
}

const providerUri = ({ account }: WindowsData): string => `${roots[0]}/Provider/${encodeSegment(account.providerId)}`;
const listOf = (data: WindowsData): string => `${providerUri(data)}/ManagementServerAddressList`;

/** Leaves that exist though nobody wrote them. */
const ownLeaves = ({ enrollment }: WindowsData): readonly string[] => [
  'EntDeviceName',
  ...(enrollment.upn === undefined ? [] : ['UPN']),
  'EnrollmentType',
  'HWDevID',
  'ManagementServiceAddress',
  'MaxSyncApplicationVersion',
  'Unenroll',
];

/** The newest session version that the client knows: this device does what 5.0 asks for (convention; Learn names 3.0 for an old build). */
const newestSyncVersion = '5.0';

/** Nothing can wake this device: a PFN that was written is left without a channel (Status 4: no URI). */
const noChannel = '4';

/** The device's own values; undefined: what was written there, or the default. */
function leafOf(node: NodeAddress, path: string, context: CspContext): NodeValue | string | Refusal | undefined {
  const { device, memory, tree } = context;
  const { account, enrollment, renewal } = memory.data;
  const leaf = path.startsWith(provided) ? path.slice(provided.length) : path;
  const written = tree.value(node.uri);
  switch (leaf) {
    case 'HWDevID':
      return hwDevIdOf(device.state.facts);
    case 'Unenroll':
      return { format: 'null', value: '' };
    case 'EntDeviceName':
      return written ?? device.state.condition.deviceName;
    case 'UPN':
      return written ?? enrollment.upn;
    case 'EnrollmentType':
      return enrollment.type;
    case 'ManagementServiceAddress':
      return account.address;
    case 'MaxSyncApplicationVersion':
      return newestSyncVersion;
    case 'AADDeviceID':
      return notHere('the device is joined to no Entra tenant');
    case 'CertRenewTimeStamp': // when the present certificate was made, where the server has not noted it
      return written ?? (renewal?.status === 2 ? omaTime(renewal.lastAttemptAt ?? enrollment.enrolledAt) : undefined);
    case 'Push/ChannelURI':
      return memory.data.channel === undefined ? notHere('there is no channel') : channelUri(memory.data.channel);
    case 'Push/Status':
      if (memory.data.channel !== undefined) return '0';
      return tree.has(node.uri.replace(/Status$/i, 'PFN')) ? noChannel : notHere('no PFN is set');
    case 'LinkedEnrollment/LastError':
    case 'LinkedEnrollment/EnrollStatus':
      return '0';
    case 'ConfigLock/SecureCore':
      return 'false';
    default:
      return undefined;
  }
}

/** The PFN that a server writes has the device ask for a channel; the same one again keeps it. Absent value: nothing was said of it. */
function setChannel(pfn: string | undefined, memory: CspContext['memory'], ports: CspContext['ports']): void {
  if (pfn === undefined || (pfn !== '' && pfn === memory.data.channel?.pfn)) return;
  if (pfn === '' || ports.wake === undefined) memory.forget('channel');
  else memory.change({ channel: newChannel(pfn, ports) });
}

/** `20261126T162000Z`, the time of OMA DM. */
const omaTime = (at: number): string => new Date(at).toISOString().replace(/[-:]|\.\d{3}/g, '');

/** The addresses to choose from are those that the device has: none can be added by this node (Learn). */
function judgedUpdate(value: string, { account }: WindowsData, list: string | undefined): Refusal | undefined {
  const known = [account.address, ...(list ?? '').split(/[<>]+/)].filter((each) => each !== '');
  const wanted = value.split(';').map((each) => each.trim());
  return wanted.every((each) => known.includes(each))
    ? undefined
    : badValue('it names a server that the device does not know');
}
