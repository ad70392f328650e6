// ClientCertificateInstall/PFXCertInstall: identities in PKCS#12 files (specs/windows.md §2.0, §2.2; Learn).
import { isRollcallError } from '../../../../base/errors.js';
import { openEnvelope } from '../../../../protocol/x509/cms.js';
import { Effort } from '../../../../protocol/x509/pbe.js';
import { type Pkcs12, readPkcs12 } from '../../../../protocol/x509/pkcs12.js';
import type { WindowsMemory } from '../memory.js';
import { broughtBy, dropCertificates, keepCertificate } from './certificates.js';
import { type Leaves, leavesOf, optional, reading, refuse } from './leaves.js';
import type { CspContext, NodeAddress, ProfileReading, TreeView } from './module.js';

/** What PFXImportCertStore leaves in GetLastError: the node Status. */
const win32 = {
  done: 0,
  invalidData: 13, // ERROR_INVALID_DATA
  invalidPassword: 86, // ERROR_INVALID_PASSWORD
  notFound: 1168, // ERROR_NOT_FOUND: the certificate that the password is encrypted for
} as const;

/** Leaves whose writing may make a file that could not be opened open: they come in any order (Learn's own sample has the blob first). */
export const opensAgain = [
  'PFXCertBlob',
  'PFXCertPassword',
  'PFXCertPasswordEncryptionType',
  'PFXCertPasswordEncryptionStore',
];

/** Opens the file below this {UniqueID} as far as it is there, keeps its identity, and says in Status what came of it. */
export function installPfx(
  instance: { readonly uri: string; readonly scope: NodeAddress['scope'] },
  context: CspContext,
): void {
  const { tree, memory, ports } = context;
  const { uri } = instance;
  const leaf = leavesOf(tree, instance);
  const blob = leaf('PFXCertBlob');
  if (blob === undefined) return;
  const opened = open(Buffer.from(blob, 'base64'), leaf, context);
  tree.set(`${uri}/Status`, String('status' in opened ? opened.status : win32.done));
  if ('status' in opened) {
    dropCertificates(uri, memory);
    return;
  }
  const { certificate, chain, privateKey } = opened;
  const key = ports.keys.adopt(privateKey).ref;
  const scope = instance.scope === 'user' ? 'user' : 'device';
  keepCertificate({ der: certificate, store: 'My', scope, key, chain: [...chain], node: uri }, memory);
}

/** What the files of one session may cost together. */
const efforts = new WeakMap<WindowsMemory, { readonly session: number; readonly effort: Effort }>();

function effortOf({ memory }: CspContext): Effort {
  const session = memory.data.sessions.count;
  const known = efforts.get(memory);
  if (known?.session === session) return known.effort;
  const effort = new Effort();
  efforts.set(memory, { session, effort });
  return effort;
}

type Unopened = { readonly status: number };

function open(file: Buffer, leaf: Leaves, context: CspContext): Pkcs12 | Unopened {
  try {
    const password = passwordOf(leaf, context);
    return typeof password === 'string' ? readPkcs12(file, password, effortOf(context)) : password;
  } catch (error) {
    if (!isRollcallError(error)) throw error;
    return { status: error.code === 'PKCS12_PASSWORD' ? win32.invalidPassword : win32.invalidData };
  }
}

/** In clear, or encrypted (CMS, base64) for the device's own certificate, or for one of the store that is named. */
function passwordOf(leaf: Leaves, { memory, ports }: CspContext): string | Unopened {
  const given = leaf('PFXCertPassword') ?? '';
  const type = leaf('PFXCertPasswordEncryptionType') ?? '0';
  if (type === '0' || given === '') return given;
  const { identity, certificates } = memory.data;
  const store = leaf('PFXCertPasswordEncryptionStore')?.toLowerCase();
  const named = Object.values(certificates).filter((each) => each.store.toLowerCase() === store);
  const holders =
    type === '1'
      ? [{ der: identity.certificate, key: identity.key }]
      : named.flatMap(({ der, key }) => (key === undefined ? [] : [{ der, key }]));
  const envelope = Buffer.from(given, 'base64');
  for (const { der, key } of holders) {
    try {
      return textOf(openEnvelope(envelope, der, ports.keys.open(key).privateKey));
    } catch (error) {
      if (!isRollcallError(error, 'CMS_DECRYPT')) throw error;
    }
  }
  return { status: win32.notFound };
}

/** UTF-16 with or without its NUL, as Windows' own programs hold texts, else UTF-8. */
function textOf(bytes: Buffer): string {
  const isWide = bytes.length > 1 && bytes.length % 2 === 0 && bytes.every((byte, at) => at % 2 === 0 || byte === 0);
  return bytes.toString(isWide ? 'utf16le' : 'utf8').replace(/\0+$/, '');
}

/** The identity once it was opened. Keys that may be taken out again lie in software alone; Hello's need a container (Learn). */
export function readPfx(instance: NodeAddress, tree: TreeView, context: Pick<CspContext, 'memory'>): ProfileReading {
  const leaf = leavesOf(tree, instance);
  const location = leaf('KeyLocation');
  const exportable = `${instance.uri}/PFXKeyExportable`;
  if (location !== undefined && location !== '3' && tree.has(exportable) && leaf('PFXKeyExportable') === 'true')
    return refuse(500, 'PFXKeyExportable is true, and KeyLocation is not 3');
  const blob = leaf('PFXCertBlob');
  if (location === undefined || blob === undefined) return 'incomplete';
  if (location === '4' && (leaf('ContainerName') ?? '') === '')
    return refuse(500, 'KeyLocation 4 needs a ContainerName');
  if (broughtBy(instance.uri, context.memory) === undefined) return 'incomplete';
  const isPlain = (leaf('PFXCertPasswordEncryptionType') ?? '0') === '0';
  const pkcs12 = Buffer.from(blob, 'base64');
  return reading({
    kind: 'certificate',
    name: instance.names.at(-1) ?? '',
    role: 'identity',
    source: { type: 'pkcs12', pkcs12, ...optional('password', isPlain ? leaf('PFXCertPassword') : undefined) },
  });
}
