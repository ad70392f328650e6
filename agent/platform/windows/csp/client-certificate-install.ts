// ClientCertificateInstall: identities by SCEP and by PKCS#12 (specs/windows.md §2.0, §2.1, §2.2; case D5).
import { readableCertificate } from '../../../../protocol/x509/certificate.js';
import { dropWorksOf } from '../effects.js';
import { broughtBy, dropCertificates, thumbprintOf } from './certificates.js';
import { isRefused, judged, leavesOf, reading, refuse } from './leaves.js';
import type {
  CspContext,
  CspModule,
  NodeAddress,
  NodeWrite,
  ProfileNode,
  ProfileReading,
  Refusal,
  TreeView,
} from './module.js';
import { installPfx, opensAgain, readPfx } from './pfx.js';
import { isKeyUsage, requiredOfScep, scepNodes, scepOrder } from './scep-order.js';
import { doScepWork, enrollWork, scepStatus } from './scep-work.js';

const user = './User/Vendor/MSFT/ClientCertificateInstall';
const device = './Device/Vendor/MSFT/ClientCertificateInstall';
const roots = [user, device];

/** Where {UniqueID} stands: below Vendor, MSFT, ClientCertificateInstall, SCEP. */
const depth = 4;

export const clientCertificateInstallModule: CspModule = {
  roots,
  get(node, context) {
    const instance = instanceOf(node);
    if (instance === undefined || !context.tree.has(instance.uri)) return undefined;
    const [leaf, below] = node.schemaNames.slice(depth + 1);
    if (leaf === undefined || below !== undefined) return undefined;
    return instance.isScep ? scepLeaf(leaf, node, instance, context) : pfxLeaf(leaf, instance, context);
  },
  judge: ({ verb, node, value }): Refusal | undefined => {
    if (verb === 'Delete' || node.schemaNames.at(-1) !== 'KeyUsage' || value === undefined) return undefined;
    return isKeyUsage(Number(value.value)) ? undefined : refuse(500, 'KeyUsage has neither 0x20 nor 0x80');
  },
  written(write, context) {
    const instance = instanceOf(write.node);
    if (instance === undefined) return undefined;
    if (write.verb === 'Delete') deleted(write, instance, context);
    else if (!instance.isScep && opensAgain.includes(write.node.schemaNames.at(-1) ?? ''))
      installPfx(instance, context);
    return undefined;
  },
  async exec(node, _item, context) {
    const instance = instanceOf(node);
    if (instance?.isScep !== true) return refuse(405, 'only Enroll is executed here');
    return enroll(instance, context);
  },
  work: doScepWork,
  profiles: roots.flatMap((root): readonly ProfileNode[] => [
    { at: `${root}/SCEP/{UniqueID}`, read: readScep },
    { at: `${root}/PFXCertInstall/{UniqueID}`, read: readPfx },
  ]),
};

interface Instance {
  readonly uri: string;
  readonly name: string;
  readonly scope: NodeAddress['scope'];
  readonly isScep: boolean;
}

/** The {UniqueID} that a node is or lies below. */
function instanceOf({ uri, names, schemaNames, scope }: NodeAddress): Instance | undefined {
  const name = names[depth];
  if (name === undefined || schemaNames[depth] !== '{UniqueID}') return undefined;
  const below = names.length - depth - 1;
  const segments = uri.split('/');
  const own = segments.slice(0, segments.length - below).join('/');
  return { uri: own, name, scope, isScep: schemaNames[depth - 1] === 'SCEP' };
}

/** The whole instance: its certificate and key go, and what is still to be fetched. A blob of PKCS#12: what it brought. */
function deleted({ node }: NodeWrite, instance: Instance, { memory }: CspContext): void {
  const isWhole = node.names.length === depth + 1;
  if (!isWhole && node.schemaNames.at(-1) !== 'PFXCertBlob') return;
  dropCertificates(instance.uri, memory);
  dropWorksOf(instance.uri, memory);
}

/** Takes the nodes as they are now; what comes after Enroll is not in the request. The challenge is erased (Learn). */
function enroll(instance: Instance, { tree, effect }: CspContext): Refusal | { readonly status: number } {
  const leaf = leavesOf(tree, instance);
  const missing = requiredOfScep.find((name) => !tree.has(`${instance.uri}/Install/${name}`));
  if (missing !== undefined) return refuse(500, `Enroll comes last: ${missing} is not there`);
  const scope = instance.scope === 'user' ? 'user' : 'device';
  const root = scope === 'user' ? user : device;
  effect({ kind: 'work', work: enrollWork(root, instance.name, instance.uri, scope, scepNodes(leaf)) });
  tree.set(`${instance.uri}/Status`, scepStatus.unknown);
  tree.set(`${instance.uri}/ErrorCode`, undefined);
  tree.remove(`${instance.uri}/Install/Challenge`);
  return { status: 200 };
}

/** CertThumbprint is empty while there is none that is valid (Learn). */
function scepLeaf(leaf: string, node: NodeAddress, { uri }: Instance, { tree, memory, ports }: CspContext) {
  const written = tree.value(node.uri);
  if (leaf === 'Status') return written ?? scepStatus.unknown;
  if (leaf === 'ErrorCode') return written ?? '0';
  if (leaf === 'RespondentServerUrl') return written ?? '';
  if (leaf !== 'CertThumbprint') return undefined;
  const held = broughtBy(uri, memory);
  const until = held && readableCertificate(held.der)?.notAfter.getTime();
  return held === undefined || until === undefined || until < ports.clock.now() ? '' : thumbprintOf(held.der);
}

function pfxLeaf(leaf: string, { uri }: Instance, { memory }: CspContext): string | undefined {
  const held = leaf === 'Thumbprint' ? broughtBy(uri, memory) : undefined;
  return held === undefined ? undefined : thumbprintOf(held.der);
}

/** An identity is on the device once its certificate was fetched. */
function readScep(instance: NodeAddress, tree: TreeView, context: Pick<CspContext, 'memory'>): ProfileReading {
  if (broughtBy(instance.uri, context.memory) === undefined) return 'incomplete';
  const order = judged(() => scepOrder(scepNodes(leavesOf(tree, instance))));
  if (isRefused(order)) return order.refused;
  const [settings] = order.settings;
  if (settings === undefined) return 'incomplete';
  const { url, caName, subject, keySizeBits, caFingerprint } = settings;
  return reading({
    kind: 'certificate',
    name: instance.names[depth] ?? '',
    role: 'identity',
    source: {
      type: 'scep',
      url,
      subject,
      keySizeBits,
      ...(caName === undefined ? {} : { caName }),
      ...(caFingerprint === undefined ? {} : { caFingerprint }),
    },
  });
}
