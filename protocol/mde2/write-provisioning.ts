// Writing the provisioning document of a stub (specs/windows.md §1.5).
import type { WapApplication, WapAuthentication } from './application.js';
import { thumbprintOf } from './thumbprint.js';
import { type Characteristic, type Parm, type ParmDatatype, writeWap } from './wap.js';

type Optional =
  | 'connRetryFreq'
  | 'initialBackOffMs'
  | 'maxBackOffMs'
  | 'backCompatRetryDisabled'
  | 'useHwDevId'
  | 'crlCheck';

export interface ProvisioningToWrite {
  /** In their order; the thumbprint is computed. `path` as in ProvisionedCertificate. */
  readonly certificates: readonly {
    readonly path: readonly [store: string, scope: string];
    readonly der: Uint8Array;
    /** Parms of a PrivateKeyContainer in the certificate's characteristic; may be empty. */
    readonly container?: Readonly<Record<string, string>>;
  }[];
  readonly renew?: {
    readonly robo: boolean;
    readonly periodDays: number;
    readonly retryDays: number;
    readonly serverUrl?: string;
  };
  /** What is left out is not written: the device takes its defaults. */
  readonly application?: Omit<WapApplication, Optional> & Partial<Pick<WapApplication, Optional>>;
  readonly dmClient?: readonly {
    readonly path: readonly string[];
    readonly value: string;
    readonly datatype?: ParmDatatype;
  }[];
}

/** The document in UTF-8; elements in the order of Learn's samples. */
export function writeProvisioning({ certificates, renew, application, dmClient = [] }: ProvisioningToWrite): Buffer {
  const root = new Draft('');
  for (const { path, der, container } of certificates) {
    const node = root.at('CertificateStore', ...path, thumbprintOf(der));
    node.parms.push({ name: 'EncodedCertificate', value: Buffer.from(der).toString('base64') });
    if (container !== undefined) {
      node.at('PrivateKeyContainer').parms.push(...Object.entries(container).map(([name, value]) => ({ name, value })));
    }
  }
  if (renew !== undefined) {
    root
      .at('CertificateStore', 'My', 'WSTEP', 'Renew')
      .parms.push(
        { name: 'ROBOSupport', value: String(renew.robo), datatype: 'boolean' },
        { name: 'RenewPeriod', value: String(renew.periodDays), datatype: 'integer' },
        { name: 'RetryInterval', value: String(renew.retryDays), datatype: 'integer' },
        ...(renew.serverUrl === undefined ? [] : [{ name: 'ServerURL', value: renew.serverUrl }]),
      );
  }
  const parts: Characteristic[] = [...root.characteristics];
  if (application !== undefined) parts.push(applicationOf(application));
  const client = new Draft('');
  for (const { path, value, datatype } of dmClient) {
    const name = path.at(-1) ?? '';
    client
      .at('DMClient', ...path.slice(0, -1))
      .parms.push({ name, value, ...(datatype !== undefined && { datatype }) });
  }
  return Buffer.from(writeWap([...parts, ...client.characteristics]), 'utf8');
}

class Draft implements Characteristic {
  readonly parms: Parm[] = [];
  readonly characteristics: Draft[] = [];

  constructor(readonly type: string) {}

  /** The characteristic at this path, made where it is missing. */
  at(...path: readonly string[]): Draft {
    const [first, ...rest] = path;
    if (first === undefined) return this;
    let found = this.characteristics.find(({ type }) => type === first);
    if (found === undefined) {
      found = new Draft(first);
      this.characteristics.push(found);
    }
    return found.at(...rest);
  }
}

function applicationOf(application: NonNullable<ProvisioningToWrite['application']>): Characteristic {
  const maybe = (name: string, value: string | number | undefined): readonly Parm[] =>
    value === undefined ? [] : [{ name, value: String(value) }];
  const flag = (name: string, value: boolean | undefined): readonly Parm[] =>
    value === undefined ? [] : [{ name, value: value ? '1' : '0' }];
  const { client, appSrv } = application;
  return {
    type: 'APPLICATION',
    parms: [
      { name: 'APPID', value: 'w7' },
      { name: 'PROVIDER-ID', value: application.providerId },
      ...maybe('NAME', application.name),
      ...maybe('ADDR', application.address),
      ...maybe('CONNRETRYFREQ', application.connRetryFreq),
      ...maybe('INITIALBACKOFFTIME', application.initialBackOffMs),
      ...maybe('MAXBACKOFFTIME', application.maxBackOffMs),
      ...(application.backCompatRetryDisabled === true ? [{ name: 'BACKCOMPATRETRYDISABLED' }] : []),
      ...maybe('DEFAULTENCODING', application.defaultEncoding),
      ...maybe('ROLE', application.role),
      ...maybe('PROTOVER', application.protoVer),
      ...flag('USEHWDEVID', application.useHwDevId),
      ...flag('CRLCHECK', application.crlCheck),
      ...maybe('SSLCLIENTCERTSEARCHCRITERIA', application.searchCriteria),
    ],
    characteristics: [
      ...(client === undefined ? [] : [authenticationOf('CLIENT', client)]),
      ...(appSrv === undefined ? [] : [authenticationOf('APPSRV', appSrv)]),
    ],
  };
}

const authenticationOf = (level: string, { type, name, secret, nonce }: WapAuthentication): Characteristic => ({
  type: 'APPAUTH',
  parms: [
    { name: 'AAUTHLEVEL', value: level },
    { name: 'AAUTHTYPE', value: type },
    ...(name === undefined ? [] : [{ name: 'AAUTHNAME', value: name }]),
    { name: 'AAUTHSECRET', value: secret },
    { name: 'AAUTHDATA', value: nonce ?? '' },
  ],
  characteristics: [],
});
