// Add, Replace and Delete of one node: what its schema allows, what its module says, and the change itself.
import type { Item, Meta } from '../../../../protocol/syncml/message.js';
import { mostKeptBytes, weightOf } from '../../weight.js';
import type { CspContext, NodeValue, NodeWrite, Refusal } from '../csp/module.js';
import type { TreeBehaviour } from './behaviour.js';
import { allows, fits } from './constraint.js';
import type { ModuleIndex } from './modules.js';
import { missing, NodeReader } from './read-node.js';
import { type NodeFormat, nodeFormats } from './schema.js';
import type { Tree } from './tree.js';
import { misnamed, type Place } from './tree-schema.js';

/** Nodes that an authority may write on one device. Ours, far above what any gives one. */
const mostNodes = 10_000;

export interface Writing {
  readonly tree: Tree;
  readonly modules: ModuleIndex;
  readonly context: CspContext;
  readonly behaviour: TreeBehaviour;
  /** Keys that this Atomic added; absent outside one. */
  readonly added?: Set<string>;
}

/** Makes one change within the transaction that is open; what it leaves half-done goes with that. */
export function write(
  verb: 'Add' | 'Replace' | 'Delete',
  place: Place,
  item: Item,
  meta: Meta | undefined,
  writing: Writing,
): Refusal | undefined {
  const { node, address, path } = place;
  const { behaviour, tree, added } = writing;
  if (!node.access.has(verb)) return { status: 405, reason: `${address.uri} takes no ${verb}` };
  if (behaviour.atomicRequired !== 'allow' && added === undefined && path.some((step) => step.node.isAtomic))
    return { status: behaviour.atomicRequired, reason: `${address.uri} is written in an Atomic alone` };
  if (verb === 'Delete') return remove(place, writing);
  const isThere = tree.draft.has(place.key);
  if (verb === 'Add' && isThere) return { status: 418, reason: `${address.uri} is there already` };
  if (verb === 'Replace') {
    const without = path.findIndex(({ node: each }) => each.replacesExisting);
    if (without >= 0 && !tree.exists({ path: path.slice(0, without + 1) }))
      return missing(`there is no ${address.uri} to be replaced`);
    if (added?.has(place.key) && behaviour.addThenReplace !== 'allow')
      return { status: behaviour.addThenReplace, reason: `${address.uri} was added in the same Atomic` };
  }
  const value = takenValue(place, item, meta, behaviour);
  if (value !== undefined && 'status' in value) return value;
  const step = misnamed(place);
  if (step !== undefined)
    return { status: behaviour.badData, reason: `“${step.name}” is no name of ${step.node.name}` };
  const full = whyFull(writing);
  if (full !== undefined) return { status: 420, reason: full };
  const type = (item.meta?.type ?? meta?.type)?.trim();
  const change: NodeWrite = {
    verb,
    node: address,
    ...(type === undefined || type === '' ? {} : { type }),
    ...(value === undefined ? {} : { value }),
  };
  return carryOut(change, place, writing, () => {
    if (value === undefined) tree.make(place);
    else tree.write(place, value);
    if (verb === 'Add') added?.add(place.key);
  });
}

function remove(place: Place, writing: Writing): Refusal | undefined {
  const { tree, modules, context } = writing;
  const reader = new NodeReader(tree, modules, context);
  const isThere =
    place.node.format === 'node' || place.node.isDynamic ? reader.exists(place) : tree.draft.has(place.key);
  if (!isThere) return missing(`there is no ${place.address.uri}`);
  return carryOut({ verb: 'Delete', node: place.address }, place, writing, () => tree.cut(place));
}

function carryOut(
  change: NodeWrite,
  place: Place,
  { modules, context }: Writing,
  act: () => void,
): Refusal | undefined {
  const asked = modules.of(place);
  for (const module of asked) {
    const refusal = module.judge?.(change, context);
    if (refusal !== undefined) return refusal;
  }
  act();
  for (const module of asked) {
    const refusal = module.written?.(change, context);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** The value of a leaf as it is to be held; undefined for an interior node. */
function takenValue(
  { node, address }: Place,
  item: Item,
  meta: Meta | undefined,
  { absentFormat, otherFormat, badData }: TreeBehaviour,
): NodeValue | Refusal | undefined {
  const asked = (item.meta?.format ?? meta?.format)?.trim().toLowerCase();
  const data = item.data ?? '';
  const format = formatOf(asked ?? (absentFormat === 'own' || node.format === 'node' ? node.format : 'chr'));
  const misfit = { status: otherFormat, reason: `${address.uri} is ${node.format}, not ${asked ?? 'chr'}` };
  if (format === undefined) return { ...misfit, status: 415 };
  if (node.format === 'node') return format === 'node' && data.trim() === '' ? undefined : misfit;
  const taken = [node.format, ...(node.otherFormats ?? [])].find((each) => isSame(each, format));
  if (taken === undefined) return misfit;
  const value = taken === 'int' || taken === 'bool' ? data.trim() : taken === 'null' ? '' : data;
  const isFit = fits(taken, value) && (node.allowed === undefined || node.isDynamic || allows(node.allowed, value));
  if (!isFit) return { status: badData, reason: `${address.uri} does not take this value` };
  return { format: taken, value };
}

/** Both are base64 on the wire. */
const isSame = (one: NodeFormat, other: NodeFormat): boolean =>
  one === other || (one === 'bin' && other === 'b64') || (one === 'b64' && other === 'bin');

const formatOf = (text: string): NodeFormat | undefined => nodeFormats.find((each) => each === text);

function whyFull({ tree, context }: Writing): string | undefined {
  const { nodes, bytes } = tree.draft.size;
  if (nodes >= mostNodes) return `the device keeps ${nodes} nodes`;
  const all = bytes + weightOf(context.memory.data.certificates) + weightOf(context.device.state.holdings);
  return all >= mostKeptBytes ? `the device keeps ${all} bytes, and has no room for more` : undefined;
}
