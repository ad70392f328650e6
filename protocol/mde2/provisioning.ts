// The provisioning document: what an enrollment or a renewal brings, and what Windows refuses of it (specs/windows.md §1.5, §1.7).
import { isRollcallError } from '../../base/errors.js';
import { protocolError } from '../errors.js';
import { readCertificate } from '../x509/certificate.js';
import type { XmlElement } from '../xml/element.js';
import { readXml } from '../xml/read.js';
import { readApplication, type WapApplication } from './application.js';
import { readBase64 } from './base64.js';
import { refusal } from './refusal.js';
import { thumbprintOf } from './thumbprint.js';
import { below, type Characteristic, type Parm, type ParmDatatype, parmOf, readWap } from './wap.js';

export type { WapApplication, WapAuthentication } from './application.js';
export { type ProvisioningToWrite, writeProvisioning } from './write-provisioning.js';

/** A certificate to be installed. */
export interface ProvisionedCertificate {
  /** Below CertificateStore, the thumbprint left out: `['Root', 'System']`, `['My', 'User']`. */
  readonly path: readonly string[];
  /** SHA-1 of `der` in hexadecimal, upper case. */
  readonly thumbprint: string;
  readonly der: Buffer;
  /** PrivateKeyContainer, in the certificate's characteristic or beside it: its parms by name. */
  readonly container?: Readonly<Record<string, string>>;
}

/** CertificateStore/My/WSTEP/Renew. */
export interface RenewSettings {
  /** ROBOSupport; default true where the characteristic is there. */
  readonly robo: boolean;
  /** Days before the certificate's end; default 42. */
  readonly periodDays: number;
  /** Days between attempts; default 7. */
  readonly retryDays: number;
  readonly serverUrl?: string;
}

/** A parm below DMClient: `['Provider', '<PROVIDER-ID>', 'Poll', 'NumberOfFirstRetries']`. */
export interface DmClientValue {
  readonly path: readonly string[];
  /** Empty for a parm without one. */
  readonly value: string;
  readonly datatype?: ParmDatatype;
}

export interface ProvisioningDocument {
  readonly certificates: readonly ProvisionedCertificate[];
  readonly renew?: RenewSettings;
  /** APPLICATION with APPID w7; a renewal's has a PROVIDER-ID and no more, or is missing. */
  readonly application?: WapApplication;
  readonly dmClient: readonly DmClientValue[];
  /** Registry and EnterpriseAppManagement (legacy), and applications other than w7: taken and left alone. */
  readonly rest: readonly Characteristic[];
}

export interface ProvisioningReading {
  /** A renewal needs no account. Default enrollment. */
  readonly kind?: 'enrollment' | 'renewal';
}

/** HRESULTs with which a document is refused. */
const refused = {
  certificateStore: 0x8018001e,
  w7: 0x8018001f,
  dmClient: 0x80180020,
  misc: 0x80180022,
  unknown: 0x80180023,
  part: 0x83750005,
} as const;

const bounds = { maxBytes: 4 * 1024 * 1024, maxDepth: 24, maxElements: 20_000, maxAttributes: 60_000, isLiberal: true };

/**
 * Reads and judges a document as Windows does. That the client certificate fits the device's key is for the caller to judge
 * (a certificate is required here). Throws PROVISIONING_REFUSED with details `hresult` (`0x8018001E`), and `inner` where
 * Windows logs another code.
 */
export function readProvisioning(
  bytes: Uint8Array,
  { kind = 'enrollment' }: ProvisioningReading = {},
): ProvisioningDocument {
  const characteristics = readWap(rootOf(bytes), (why) => refusal(refused.unknown, why));
  const certificates: ProvisionedCertificate[] = [];
  const dmClient: DmClientValue[] = [];
  const rest: Characteristic[] = [];
  let renew: RenewSettings | undefined;
  let application: WapApplication | undefined;
  for (const each of characteristics) {
    switch (each.type) {
      case 'CertificateStore':
        certificates.push(...readStores(each));
        renew = readRenew(each) ?? renew;
        break;
      case 'APPLICATION':
        if (parmOf(each, 'APPID') !== 'w7' && !(kind === 'renewal' && parmOf(each, 'APPID') === undefined))
          rest.push(each);
        else if (application !== undefined) throw refusal(refused.w7, 'two accounts');
        else application = readApplication(each, kind);
        break;
      case 'DMClient':
        collect(each, [], dmClient);
        break;
      case 'Registry':
      case 'EnterpriseAppManagement':
        rest.push(each);
        break;
      default:
        throw refusal(refused.part, `the characteristic ${each.type.slice(0, 60)} is not known`);
    }
  }
  if (kind === 'enrollment' && application === undefined) throw refusal(refused.w7, 'no APPLICATION with APPID w7');
  if (!certificates.some(({ path }) => path[0] === 'My')) {
    throw refusal(refused.certificateStore, 'no client certificate in the store My');
  }
  return {
    certificates,
    dmClient,
    rest,
    ...(renew !== undefined && { renew }),
    ...(application !== undefined && { application }),
  };
}

function rootOf(bytes: Uint8Array): XmlElement {
  try {
    return readXml(bytes, bounds);
  } catch (cause) {
    if (!isRollcallError(cause)) throw cause;
    const { message, details } = refusal(refused.unknown, cause.message);
    throw protocolError('PROVISIONING_REFUSED', message, { cause, details });
  }
}

/** Characteristics in characteristics; one whose type looks like a thumbprint, or that holds a certificate, is one. */
function readStores(store: Characteristic): readonly ProvisionedCertificate[] {
  return store.characteristics.flatMap((name) =>
    name.characteristics
      .filter(({ type }) => type !== 'WSTEP')
      .flatMap((scope) => {
        const beside = below(scope, 'PrivateKeyContainer')[0];
        return scope.characteristics
          .filter(({ type }) => type !== 'PrivateKeyContainer')
          .map((each) => readCertificateOf(each, [name.type, scope.type], beside));
      }),
  );
}

function readCertificateOf(
  characteristic: Characteristic,
  path: readonly string[],
  beside: Characteristic | undefined,
): ProvisionedCertificate {
  const where = [...path, characteristic.type.slice(0, 60)].join('/');
  const text = parmOf(characteristic, 'EncodedCertificate');
  if (text === undefined) throw refusal(refused.certificateStore, `${where} has no EncodedCertificate`);
  const der = readBase64(text);
  if (der === undefined) throw refusal(refused.certificateStore, `${where}: EncodedCertificate is no base64`);
  try {
    readCertificate(der);
  } catch (cause) {
    if (!isRollcallError(cause)) throw cause;
    throw refusal(refused.certificateStore, `${where}: ${cause.message}`);
  }
  const thumbprint = thumbprintOf(der);
  if (thumbprint !== characteristic.type.toUpperCase()) {
    throw refusal(refused.certificateStore, `${where}: the SHA-1 of this certificate is ${thumbprint}`);
  }
  const container = below(characteristic, 'PrivateKeyContainer')[0] ?? (path[0] === 'My' ? beside : undefined);
  return { path, thumbprint, der, ...(container !== undefined && { container: valuesOf(container.parms) }) };
}

function valuesOf(parms: readonly Parm[]): Readonly<Record<string, string>> {
  const values: Record<string, string> = Object.create(null);
  for (const { name, value } of parms) values[name] = value ?? '';
  return values;
}

function readRenew(store: Characteristic): RenewSettings | undefined {
  const renew = below(store, 'My')
    .flatMap((my) => below(my, 'WSTEP'))
    .flatMap((wstep) => below(wstep, 'Renew'))[0];
  if (renew === undefined) return undefined;
  const days = (name: string, otherwise: number): number => {
    const text = parmOf(renew, name);
    if (text === undefined || text === '') return otherwise;
    if (!/^\d{1,5}$/.test(text)) throw refusal(refused.certificateStore, `${name} is no number of days`);
    return Number(text);
  };
  const serverUrl = parmOf(renew, 'ServerURL');
  return {
    robo: parmOf(renew, 'ROBOSupport')?.toLowerCase() !== 'false',
    periodDays: days('RenewPeriod', 42),
    retryDays: days('RetryInterval', 7),
    ...(serverUrl !== undefined && serverUrl !== '' && { serverUrl }),
  };
}

function collect({ parms, characteristics }: Characteristic, path: readonly string[], into: DmClientValue[]): void {
  for (const { name, value = '', datatype } of parms) {
    if (!fits(value, datatype))
      throw refusal(refused.dmClient, `${[...path, name].join('/').slice(0, 200)} is no ${datatype}`);
    into.push({ path: [...path, name], value, ...(datatype !== undefined && { datatype }) });
  }
  for (const each of characteristics) collect(each, [...path, each.type], into);
}

/** Whether a value is of the type that its parm says [our rule: Windows documents no code for one that is not]. */
function fits(value: string, datatype: ParmDatatype | undefined): boolean {
  if (datatype === 'integer') return /^-?\d{1,10}$/.test(value);
  if (datatype === 'boolean') return /^(?:true|false|0|1)$/i.test(value);
  return true;
}
