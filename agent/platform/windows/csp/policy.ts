import { encodeSegment } from '../../../../protocol/syncml/loc-uri.js';
import { deviceLockPolicy } from '../passcode.js';
import type { CspModule, NodeAddress, ProfileReading, TreeView } from './module.js';
import { namesBelow, notHere, schemaPath } from './path.js';

const roots = ['./Device/Vendor/MSFT/Policy', './User/Vendor/MSFT/Policy'] as const;
const passwordEnabled = 'devicelock/devicepasswordenabled';
const areaPath = 'Config/{Area}';

/**
 * Policy, kept generically: whatever area and policy a server writes is held, and each area is a configuration profile on the device.
 * Which policies Windows has, and what most of them do, is not known here; DeviceLock is read as rules for the passcode. Result reads
 * back what Config has: nobody else writes a policy on a device of ours. DeviceLock/DevicePasswordEnabled alone says what is so: 0 where a
 * password or PIN is set, 1 where none is, whatever was asked for (convention: no node of Windows tells it).
 */
export const policyModule: CspModule = {
  roots,
  get(node, { tree, device }) {
    if (!schemaPath(node, 'Policy').startsWith('Result/')) return undefined;
    const [, area = '', policy = ''] = namesBelow(node, 'Policy');
    if (node.scope !== 'user' && `${area}/${policy}`.toLowerCase() === passwordEnabled)
      return { format: 'int', value: device.state.condition.passcode === undefined ? '1' : '0' };
    const uri = `${rootOf(node)}/Config/${encodeSegment(area)}/${encodeSegment(policy)}`;
    const value = tree.value(uri);
    return value === undefined
      ? notHere(`no policy ${policy} of ${area} is set`)
      : { format: tree.format(uri) ?? 'chr', value };
  },
  children(node, { tree }) {
    const [first, area] = namesBelow(node, 'Policy');
    if (first !== 'Result') return [];
    return tree.names(`${rootOf(node)}/Config${area === undefined ? '' : `/${encodeSegment(area)}`}`);
  },
  profiles: roots.map((root) => ({ at: `${root}/${areaPath}`, read: readArea })),
};

const rootOf = ({ scope }: NodeAddress): string => (scope === 'user' ? roots[1] : roots[0]);

/** The area as a profile; incomplete while no policy is left in it. A user's areas have the same names as the device's: told apart. */
function readArea(instance: NodeAddress, tree: TreeView): ProfileReading {
  const names = tree.names(instance.uri);
  const settings: Record<string, string> = Object.create(null);
  for (const name of names) {
    const value = tree.value(`${instance.uri}/${encodeSegment(name)}`);
    if (value !== undefined) settings[name] = value;
  }
  if (Object.keys(settings).length === 0) return 'incomplete';
  const area = instance.names.at(-1) ?? '';
  const passcode = area.toLowerCase() === 'devicelock' ? deviceLockPolicy(settings) : undefined;
  return {
    profile: {
      kind: 'configuration',
      name: instance.scope === 'user' ? `${area} (user)` : area,
      type: `${rootOf(instance)}/Config/${area}`,
      ...(passcode === undefined ? {} : { passcode }),
      settings,
    },
  };
}
