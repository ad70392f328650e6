// The provisioning document of one device (specs/windows.md §1.5), and the small one of a renewal (§1.7).
import { portalAddress } from '../../protocol/managing-authority.js';
import { type Characteristic, type Parm, writeWap } from '../../protocol/mde2/wap.js';
import type { DeviceRecord, User } from '../core/types.js';
import { paths, providerId, renewPeriodDays, renewRetryDays, type WindowsContext } from './context.js';
import { thumbprint } from './render-certificate.js';
import { syncMlType, wbxmlType } from './reply.js';

const parm = (name: string, value: string, datatype?: Parm['datatype']): Parm => ({
  name,
  value,
  ...(datatype !== undefined && { datatype }),
});

const characteristic = (
  type: string,
  parms: readonly Parm[],
  ...characteristics: readonly Characteristic[]
): Characteristic => ({ type, parms, characteristics });

interface Provisioned {
  readonly device: DeviceRecord;
  readonly user: User | undefined;
  /** DER. */
  readonly certificate: Uint8Array;
  /** CN of the certificate. */
  readonly commonName: string;
  readonly enrollmentType: 'Full' | 'Device';
  /** Where the device reaches the stub. */
  readonly origin: string;
  /** AAUTHSECRET of the device, and of the server. */
  readonly secret: string;
  readonly serverSecret: string;
  /** AAUTHDATA of the server. */
  readonly serverNonce: string;
}

export function enrollmentDocument(provisioned: Provisioned, context: WindowsContext): Buffer {
  const { origin, device, secret, serverSecret, serverNonce, enrollmentType, commonName } = provisioned;
  const { auth, encoding } = context.settings;
  const store = enrollmentType === 'Full' ? 'User' : 'System';
  const criteria = `Subject=${encodeURIComponent(`CN=${commonName}`)}&Stores=${encodeURIComponent(`My\\${store}`)}`;
  const application = characteristic(
    'APPLICATION',
    [
      parm('APPID', 'w7'),
      parm('PROVIDER-ID', providerId),
      parm('NAME', context.tenant.displayName),
      parm('ADDR', origin + paths.management),
      parm('CONNRETRYFREQ', '3', 'integer'),
      parm('INITIALBACKOFFTIME', '16000', 'integer'),
      parm('MAXBACKOFFTIME', '120000', 'integer'),
      { name: 'BACKCOMPATRETRYDISABLED' },
      parm('DEFAULTENCODING', encoding === 'wbxml' ? wbxmlType : syncMlType),
      parm('SSLCLIENTCERTSEARCHCRITERIA', criteria),
    ],
    authentication('CLIENT', 'DIGEST', { name: providerId, secret: serverSecret, nonce: serverNonce }),
    authentication('APPSRV', auth === 'basic' ? 'BASIC' : 'DIGEST', {
      name: device.deviceId,
      secret,
      nonce: newNonce(context),
    }),
  );
  return Buffer.from(
    writeWap([certificates(provisioned, context), application, dmClient(provisioned, context)]),
    'utf8',
  );
}

/** New certificate and root; the account and the schedule stay. */
export function renewalDocument(
  provisioned: Pick<Provisioned, 'certificate' | 'enrollmentType'>,
  context: WindowsContext,
): Buffer {
  const application = characteristic('APPLICATION', [parm('PROVIDER-ID', providerId)]);
  return Buffer.from(writeWap([certificates(provisioned, context), application]), 'utf8');
}

function certificates(
  { certificate, enrollmentType }: Pick<Provisioned, 'certificate' | 'enrollmentType'>,
  context: WindowsContext,
): Characteristic {
  const { ca } = context;
  const held = (der: Uint8Array, ...below: readonly Characteristic[]) =>
    characteristic(thumbprint(der), [parm('EncodedCertificate', Buffer.from(der).toString('base64'))], ...below);
  const store = enrollmentType === 'Full' ? 'User' : 'System';
  return characteristic(
    'CertificateStore',
    [],
    characteristic('Root', [], characteristic('System', [], held(ca.certificate))),
    characteristic(
      'My',
      [],
      characteristic(store, [], held(certificate, characteristic('PrivateKeyContainer', []))),
      characteristic(
        'WSTEP',
        [],
        characteristic('Renew', [
          parm('ROBOSupport', 'true', 'boolean'),
          parm('RenewPeriod', String(renewPeriodDays(context)), 'integer'),
          parm('RetryInterval', String(renewRetryDays(context)), 'integer'),
        ]),
      ),
    ),
  );
}

/** An AAUTHDATA: base64, or the literal that every open server sends (specs/windows.md §0.5). */
export const newNonce = ({ random, settings }: Pick<WindowsContext, 'random' | 'settings'>): string =>
  settings.quirks ? 'nonce' : random(16).toString('base64');

const authentication = (
  level: 'CLIENT' | 'APPSRV',
  type: 'DIGEST' | 'BASIC',
  { name, secret, nonce }: { readonly name: string; readonly secret: string; readonly nonce: string },
): Characteristic =>
  characteristic('APPAUTH', [
    parm('AAUTHLEVEL', level),
    parm('AAUTHTYPE', type),
    parm('AAUTHNAME', name),
    parm('AAUTHSECRET', secret),
    parm('AAUTHDATA', nonce),
  ]);

/** EntDMID is the record's id in Graph: it stays when the certificate does not. */
function dmClient({ device, user, origin }: Provisioned, { settings }: WindowsContext): Characteristic {
  const { first, second, remaining, onLogin } = settings.poll;
  const minutes = (name: string, value: number) => parm(name, String(value), 'integer');
  return characteristic(
    'DMClient',
    [],
    characteristic(
      'Provider',
      [],
      characteristic(
        providerId,
        [
          parm('EntDeviceName', device.deviceName ?? device.deviceId),
          parm('EntDMID', device.id),
          ...(user === undefined ? [] : [parm('UPN', user.upn)]),
          parm('HelpWebsite', portalAddress(origin, device.managedBy)),
          parm('SyncApplicationVersion', '3.0'),
        ],
        characteristic('Poll', [
          minutes('NumberOfFirstRetries', first.retries),
          minutes('IntervalForFirstSetOfRetries', first.minutes),
          minutes('NumberOfSecondRetries', second.retries),
          minutes('IntervalForSecondSetOfRetries', second.minutes),
          minutes('NumberOfRemainingScheduledRetries', remaining.retries),
          minutes('IntervalForRemainingScheduledRetries', remaining.minutes),
          parm('PollOnLogin', String(onLogin), 'boolean'),
        ]),
      ),
    ),
  );
}
