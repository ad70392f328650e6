// NodeCache: a server says which values it believes the device to have, and asks which of them are others now (Learn, NodeCache CSP;
// specs/windows.md §2.0). Nothing is kept of what was compared: each Get of ChangedNodes looks at the tree as it is then.
import { encodeSegment, splitLocUri } from '../../../../protocol/syncml/loc-uri.js';
import { escapeAttribute } from '../../../../protocol/xml/write.js';
import { changed, type Expected, NodeLook } from './expected-value.js';
import type { CspContext, CspModule, NodeAddress, NodeValue, NodeWrite, Refusal } from './module.js';
import { badValue, namesBelow, schemaPath } from './path.js';

const csp = 'NodeCache';
const roots = [`./Device/Vendor/MSFT/${csp}`, `./User/Vendor/MSFT/${csp}`] as const;

/** `application/x-nodemon-...`: what ExpectedValue holds. */
const types: Readonly<Record<string, Expected['kind']>> = {
  'application/x-nodemon-sha256': 'sha256',
  'application/x-nodemon-nonexistent': 'nonexistent',
};

export const nodeCacheModule: CspModule = {
  roots,
  get(node, context) {
    switch (schemaPath(node, csp)) {
      case '{ProviderID}/ChangedNodes':
        return told(node, context, (nodes) => nodes.map(({ id }) => id).join(','));
      case '{ProviderID}/ChangedNodesData':
        return told(node, context, (nodes) => `<Nodes>${nodes.map(written).join('')}</Nodes>`);
      case '{ProviderID}/Nodes/{NodeID}/ExpectedValue': {
        const held = context.tree.value(node.uri);
        return held === undefined ? undefined : { format: 'chr', value: readHeld(held).value };
      }
      default:
        return undefined;
    }
  },
  judge({ verb, node }): Refusal | undefined {
    const [, , id = ''] = namesBelow(node, csp);
    return verb !== 'Delete' && id.includes(',') ? badValue('the id of a node holds no comma') : undefined;
  },
  written(write, context) {
    if (write.verb === 'Delete') return undefined;
    const path = schemaPath(write.node, csp);
    if (path.endsWith('/{NodeID}/ExpectedValue')) return keepType(write, context);
    return path.endsWith('/AutoSetExpectedValue') ? autoSet(write, context) : undefined;
  },
};

/**
 * What was expected lies in the leaf with its type before it, between two characters that XML cannot carry: the tree keeps no types.
 */
const typed = '\u0001';

const heldAs = ({ kind, value }: Expected): string => (kind === 'value' ? value : `${typed}${kind}${typed}${value}`);

function readHeld(text: string): Expected {
  const [, kind, value = ''] = text.startsWith(typed) ? text.split(typed) : [];
  return kind === 'sha256' || kind === 'nonexistent' || kind === 'subtree'
    ? { kind, value }
    : { kind: 'value', value: text };
}

function keepType({ node, type = '', value }: NodeWrite, { tree }: CspContext): undefined {
  const kind = types[type.toLowerCase()];
  if (kind !== undefined) tree.set(node.uri, heldAs({ kind, value: value?.value.trim() ?? '' }));
}

/** The node's present value is expected from now on. */
function autoSet({ node }: NodeWrite, context: CspContext): Refusal | undefined {
  const above = node.uri.slice(0, node.uri.lastIndexOf('/'));
  const uri = context.tree.value(`${above}/NodeURI`)?.trim() ?? '';
  if (uri === '') return badValue('AutoSetExpectedValue comes after NodeURI');
  const now = new NodeLook(context, isOwn).expected(uri);
  if ('status' in now) return now;
  context.tree.set(`${above}/ExpectedValue`, heldAs(now));
  return undefined;
}

/** A NodeURI that leads into this CSP is not looked at: it would ask what is being asked. */
const isOwn = (uri: string): boolean =>
  splitLocUri(uri)?.some((name) => name.toLowerCase() === csp.toLowerCase()) ?? false;

interface ChangedNode {
  readonly id: string;
  readonly uri: string;
  /** What a Get of it answers now; absent where it has no value, or is not to be read. */
  readonly now?: string;
}

function told(
  node: NodeAddress,
  context: CspContext,
  tell: (nodes: readonly ChangedNode[]) => string,
): NodeValue | Refusal {
  const { tree } = context;
  const nodes = `${node.uri.slice(0, node.uri.lastIndexOf('/'))}/Nodes`;
  const look = new NodeLook(context, isOwn);
  const found: ChangedNode[] = [];
  for (const id of tree.names(nodes)) {
    const at = `${nodes}/${encodeSegment(id)}`;
    const uri = tree.value(`${at}/NodeURI`)?.trim() ?? '';
    const held = tree.value(`${at}/ExpectedValue`);
    const now = changed(uri, held === undefined ? undefined : readHeld(held), look);
    if (now === 'same') continue;
    if ('status' in now) return now;
    found.push({ id, uri, ...now });
  }
  const format = node.schemaNames.at(-1) === 'ChangedNodesData' ? 'xml' : 'chr';
  return { format, value: tell(found) };
}

/** Learn's sample: the value in base64 (its `U09NRU5FV1ZBTFVF` is the text `SOMENEWVALUE`), nothing where there is none. */
const written = ({ id, uri, now }: ChangedNode): string => {
  const data = now === undefined ? '' : Buffer.from(now, 'utf8').toString('base64');
  return `<Node Id="${escapeAttribute(id)}" Uri="${escapeAttribute(uri)}">${data}</Node>`;
};
