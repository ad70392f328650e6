// What a provisioning document brings, judged and kept (specs/windows.md §1.5): certificates, the account, DMClient, renewals.
import type { WapApplication, WapAuthentication } from '../../../protocol/mde2/application.js';
import {
  type DmClientValue,
  type ProvisionedCertificate,
  type ProvisioningDocument,
  type RenewSettings,
  readProvisioning,
} from '../../../protocol/mde2/provisioning.js';
import { joinLocUri } from '../../../protocol/syncml/loc-uri.js';
import { isForKey, readCertificate } from '../../../protocol/x509/certificate.js';
import type { DeviceKey, Random } from '../../model/ports.js';
import type { TreeEdit } from './csp/module.js';
import { failed, hresult } from './failures.js';
import { WindowsMemory } from './memory.js';
import type { SavedAccount, SavedAuthentication, SavedCertificate, SavedIdentity, WindowsData } from './saved.js';
import { requireAddress } from './soap-exchange.js';
import type { OpenTree } from './tree/tree.js';

/** What a document is installed for. */
export interface Installation {
  /** Label under which the device remembers who manages it. */
  readonly authority: string;
  readonly deviceId: string;
  /** The key that the certificate was asked for with. */
  readonly key: DeviceKey;
  readonly random: Random;
  readonly enrollment: WindowsData['enrollment'];
  /** The tree of a memory, for what the document writes into it. */
  readonly edit: (memory: WindowsMemory) => OpenTree;
}

/**
 * The memory of an enrollment by this document. Throws ENROLL_FAILED with the HRESULT that Windows ends with: 0x8018001E for
 * certificates, 0x8018001F and 0x80180023 for the account, 0x80180020 for DMClient, 0x80180022 for other parts.
 */
export function installDocument(bytes: Uint8Array, to: Installation): WindowsMemory {
  const document = readProvisioning(bytes);
  const { enrollment, random } = to;
  const now = enrollment.enrolledAt;
  const memory = new WindowsMemory(to.authority, {
    deviceId: to.deviceId,
    account: accountOf(document, enrollment.allowHttp ?? false),
    enrollment,
    identity: identityOf(document, to.key),
    // 12 bytes are the sixteen characters of MS-CV; the first session after an enrollment is number 1 (capture of 19043)
    sessions: { next: 1, vector: random.bytes(12).toString('base64'), count: 0 },
    pollSince: now,
    tree: {},
    certificates: certificatesOf(document),
    contactAt: now,
  });
  const tree = to.edit(memory);
  tree.together(() => {
    writeDmClient(tree, document.dmClient, memory.data.account.providerId);
    if (document.renew !== undefined) writeRenew(tree, document.renew);
  });
  return memory;
}

/** The certificate for our key, from the store My. */
export function identityOf(
  { certificates }: Pick<ProvisioningDocument, 'certificates'>,
  key: DeviceKey,
): SavedIdentity {
  const own = certificates.filter(({ path }) => path[0]?.toLowerCase() === 'my');
  const found = own.find(({ der }) => isForKey(readCertificate(der), key.publicKey));
  if (found === undefined)
    throw failed(
      'provisioning',
      hresult.certificateStore,
      'no certificate in the store My is for the key that was sent',
      {
        hint: 'The certificate must have the public key of the request (PKCS#10) that it answers.',
      },
    );
  return { certificate: Buffer.from(found.der), key: key.ref };
}

/** All but those of the store My: keys for those have not been sent anywhere. By thumbprint. */
export function certificatesOf({
  certificates,
}: Pick<ProvisioningDocument, 'certificates'>): Record<string, SavedCertificate> {
  const others = certificates.filter(({ path }) => path[0]?.toLowerCase() !== 'my');
  return Object.fromEntries(others.map((each) => [each.thumbprint, saved(each)]));
}

const saved = ({ path: [store = '', scope], der }: ProvisionedCertificate): SavedCertificate => ({
  der: Buffer.from(der), // its own memory, not a part of the whole answer
  store,
  scope: scope?.toLowerCase() === 'user' ? 'user' : 'device',
});

function accountOf({ application }: ProvisioningDocument, allowHttp: boolean): SavedAccount {
  const { address } = application ?? {};
  if (application === undefined || address === undefined || !URL.canParse(address))
    throw failed('provisioning', hresult.account, 'ADDR of the account is no address');
  requireAddress('provisioning', address, allowHttp);
  return {
    providerId: application.providerId,
    name: application.name ?? application.providerId,
    address,
    ...authentication('appSrv', application),
    ...authentication('client', application),
    connRetryFreq: application.connRetryFreq,
    initialBackOffMs: application.initialBackOffMs,
    maxBackOffMs: application.maxBackOffMs,
    ...(/\+wbxml$/i.test(application.defaultEncoding ?? '') ? { wbxml: true as const } : {}),
    ...(application.searchCriteria === undefined ? {} : { searchCriteria: application.searchCriteria }),
  };
}

function authentication<K extends 'appSrv' | 'client'>(
  level: K,
  application: WapApplication,
): { readonly [P in K]?: SavedAuthentication } {
  const given: WapAuthentication | undefined = application[level];
  if (given === undefined) return {};
  const { type, name, secret, nonce } = given;
  const kept: SavedAuthentication = {
    type,
    secret,
    ...(name === undefined ? {} : { name }),
    ...(nonce === undefined ? {} : { nonce }),
  };
  return { [level]: kept } as { readonly [P in K]?: SavedAuthentication };
}

const dmClient = ['Device', 'Vendor', 'MSFT', 'DMClient'];
/** Where the settings of renewals lie. */
export const renewNode = './Device/Vendor/MSFT/CertificateStore/MY/WSTEP/Renew';

/** What stands below DMClient must be about the account's own provider: another one would be nobody's. */
function writeDmClient(tree: TreeEdit, values: readonly DmClientValue[], providerId: string): void {
  for (const { path, value } of values) {
    const [first, provider] = path;
    const where = path.join('/').slice(0, 200);
    if (first !== 'Provider' || provider !== providerId)
      throw failed('provisioning', hresult.dmClient, `DMClient/${where} is not below Provider/${providerId}`);
    write(tree, joinLocUri([...dmClient, ...path]), value, hresult.dmClient);
  }
}

/** Replaces what the document says, and leaves the rest; absent settings keep their defaults. */
export function writeRenew(tree: TreeEdit, renew: RenewSettings): void {
  const set = (name: string, value: string) => write(tree, `${renewNode}/${name}`, value, hresult.certificateStore);
  set('ROBOSupport', String(renew.robo));
  set('RenewPeriod', String(renew.periodDays));
  set('RetryInterval', String(renew.retryDays));
  if (renew.serverUrl !== undefined) set('ServerURL', renew.serverUrl);
}

/** A node that no tree of the device has is a part of the document that cannot be set up. */
function write(tree: TreeEdit, uri: string, value: string, code: number): void {
  tree.set(uri, value);
  if (tree.value(uri) === undefined) throw failed('provisioning', code, `there is no node ${uri.slice(0, 200)}`);
}
