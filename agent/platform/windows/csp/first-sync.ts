// FirstSyncStatus of DMClient: what the Enrollment Status Page waits for, and in which direction it may go (Learn).
import type { NodeAddress, NodeWrite, Refusal, TreeView } from './module.js';
import { notAllowed } from './path.js';

const part = '/FirstSyncStatus/';

/** Lists of addresses, divided by U+F000. Those of apps are kept, and not waited for: the device installs none (convention). */
const expected = ['ExpectedPolicies', 'ExpectedNetworkProfiles', 'ExpectedPFXCerts', 'ExpectedSCEPCerts'] as const;
const divider = '\uf000';

/** What a leaf of it says; undefined for any other leaf, and where what was written stands. */
export function firstSyncLeaf(node: NodeAddress, path: string, tree: TreeView): string | undefined {
  if (!path.includes(part)) return undefined;
  const base = baseOf(node);
  const leaf = path.slice(path.indexOf(part) + part.length);
  if (tree.value(node.uri) !== undefined) return undefined;
  switch (leaf) {
    case 'ServerHasFinishedProvisioning':
      return 'false';
    case 'IsSyncDone':
      return String(isComplete(base, tree));
    case 'WasDeviceSuccessfullyProvisioned':
      return isComplete(base, tree) ? '1' : '2'; // 0 failed, 1 succeeded, 2 in progress
    default:
      return undefined;
  }
}

export const firstSyncChildren = (node: NodeAddress, tree: TreeView): readonly string[] =>
  tree.has(node.uri) ? ['ServerHasFinishedProvisioning', 'IsSyncDone', 'WasDeviceSuccessfullyProvisioned'] : [];

const baseOf = ({ uri }: NodeAddress): string =>
  uri.slice(0, uri.toLowerCase().indexOf(part.toLowerCase()) + part.length);

const isTrue = (value: string | undefined): boolean => value?.toLowerCase() === 'true' || value === '1';

/** The server has finished, and all that it said it would send is on the device. */
const isComplete = (base: string, tree: TreeView): boolean =>
  isTrue(tree.value(`${base}ServerHasFinishedProvisioning`)) &&
  expected
    .flatMap((name) => (tree.value(base + name) ?? '').split(divider))
    .map((entry) => entry.trim().split(';')[0] ?? '')
    .every((uri) => uri === '' || tree.has(uri));

/** The rules of one way: a refusal is 405, CFGMGR_E_COMMANDNOTALLOWED. */
export function judgeFirstSync({ node, value }: NodeWrite, path: string, tree: TreeView): Refusal | undefined {
  if (value === undefined || !path.includes(part)) return undefined;
  const base = baseOf(node);
  const leaf = path.slice(path.indexOf(part) + part.length);
  const now = tree.value(node.uri);
  switch (leaf) {
    case 'ServerHasFinishedProvisioning':
      return isTrue(now) && !isTrue(value.value)
        ? notAllowed('it has finished, and does not take that back')
        : undefined;
    case 'IsSyncDone':
      return isTrue(now) || isComplete(base, tree) ? notAllowed('the first synchronisation is over') : undefined;
    case 'WasDeviceSuccessfullyProvisioned':
      return now === '0' || now === '1' || isComplete(base, tree)
        ? notAllowed('whether it succeeded is decided already')
        : undefined;
    default: // “many other nodes can no longer be changed” (Learn): the lists of what is expected, by our reading
      return leaf.startsWith('Expected') && isTrue(tree.value(`${base}ServerHasFinishedProvisioning`))
        ? notAllowed('the server has finished: what it sends is settled')
        : undefined;
  }
}
