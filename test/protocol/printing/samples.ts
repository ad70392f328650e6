// One message of each kind that a printer shows, with a secret planted in it wherever its protocol has a place for one.
import { createPrivateKey, randomBytes } from 'node:crypto';
import { writeConfiguration } from '../../../protocol/headwind/configuration.js';
import { writeReply } from '../../../protocol/headwind/envelope.js';
import { writePollReply } from '../../../protocol/headwind/polling.js';
import { writeProvisioning as writeQr } from '../../../protocol/headwind/write-extras.js';
import { encodeGetPolicies } from '../../../protocol/mde2/policies.js';
import { writeProvisioning } from '../../../protocol/mde2/provisioning.js';
import { encodeRequestToken, encodeTokenResponse } from '../../../protocol/mde2/request-token.js';
import { buildPlist } from '../../../protocol/plist/build.js';
import { buildBinaryPlist } from '../../../protocol/plist/build-binary.js';
import { dict, type PlistDict } from '../../../protocol/plist/value.js';
import { buildRequest, buildSignerCertificate } from '../../../protocol/scep/request.js';
import { buildCertRep } from '../../../protocol/scep/response.js';
import type { SyncMlMessage } from '../../../protocol/syncml/message.js';
import { encodeWbxml } from '../../../protocol/syncml/wbxml.js';
import { encodeSyncMl } from '../../../protocol/syncml/write.js';
import { createCmsSigner, envelop } from '../../../protocol/x509/cms.js';
import { buildCsr } from '../../../protocol/x509/csr.js';
import { writePem } from '../../../protocol/x509/pem.js';
import { buildPkcs12 } from '../../../protocol/x509/pkcs12.js';
import { authority, noon, rsaKey } from '../x509/identities.js';

/** Planted as text, as bytes, in base64 and in forms: none of them may be shown. */
export const planted = 'hunter2-S3cr3t-planted';
const bytes = Buffer.from(planted);

const ca = authority(rsaKey(1024));
const key = rsaKey(1024);
const random = randomBytes;
const certificate = buildSignerCertificate({ subject: [[['CN', 'Phone 7']]], key, now: noon, random });
const identity = buildPkcs12({ certificate, privateKey: key.privateKey, chain: [], password: planted, random });

const payload = (type: string, keys: PlistDict): PlistDict =>
  dict({ PayloadType: type, PayloadIdentifier: `shown.${type}`, PayloadVersion: 1, ...keys });

export const profile = buildPlist({
  PayloadType: 'Configuration',
  PayloadDisplayName: 'shown profile',
  PayloadContent: [
    payload('com.apple.security.scep', { PayloadContent: { URL: 'https://shown.example/scep', Challenge: planted } }),
    payload('com.apple.security.pkcs12', { PayloadContent: identity, Password: planted }),
    payload('com.apple.wifi.managed', {
      SSID_STR: 'shown net',
      Password: planted,
      ProxyPassword: planted,
      EAPClientConfiguration: { UserName: 'shown user', UserPassword: planted },
    }),
    payload('com.apple.vpn.managed', {
      IPSec: { SharedSecret: bytes, XAuthName: 'shown name', XAuthPassword: planted },
      PPP: { AuthName: 'shown ppp', AuthPassword: planted },
    }),
    payload('com.apple.mail.managed', { IncomingPassword: planted, OutgoingPassword: planted }),
    payload('com.apple.eas.account', { Certificate: identity, CertificatePassword: planted, Password: planted }),
    payload('com.apple.airplay', { Passwords: [{ DeviceName: 'shown tv', Password: planted }] }),
    payload('com.apple.app', { Configuration: { apiKey: planted, accessToken: planted, server: 'shown.example' } }),
    payload('com.apple.profileRemovalPassword', { RemovalPassword: planted }),
  ],
});

const signed = createCmsSigner(ca.certificate, ca.privateKey).sign(profile, noon);
const command = (body: PlistDict): PlistDict => ({ CommandUUID: 'shown-uuid', Command: body });
const csr = buildCsr({ subject: [[['CN', 'Phone 7']]], key, challengePassword: planted });
const base = {
  transactionId: 'shown-transaction',
  digest: 'sha256',
  cipher: 'aes-128-cbc',
  signingTime: noon,
  random,
} as const;
const pem = (): string =>
  createPrivateKey(key.privateKey.export({ type: 'pkcs8', format: 'pem' }))
    .export({ type: 'pkcs8', format: 'pem' })
    .toString();

const provisioning = writeProvisioning({
  certificates: [{ path: ['My', 'User'], der: certificate }],
  application: {
    providerId: 'shown',
    address: 'https://shown.example/mdm',
    client: { type: 'DIGEST', secret: planted, nonce: 'nonce' },
    appSrv: { type: 'BASIC', name: 'shown name', secret: planted },
  },
});

/** A secret wherever a Windows device is sent one, and where it proves itself. */
const syncMl: SyncMlMessage = {
  header: {
    sessionId: '1',
    msgId: '2',
    target: `https://shown.example/MDM.svc?token=${planted}`,
    source: 'shown-device',
    sourceName: 'shown account',
    cred: { meta: { type: 'syncml:auth-basic' }, data: planted },
  },
  commands: [
    {
      ...{ verb: 'Status', cmdId: '1', msgRef: '1', cmdRef: '0', cmd: 'SyncHdr', targetRefs: [], sourceRefs: [] },
      ...{ data: '407', chal: { type: 'syncml:auth-md5', nextNonce: planted }, items: [] },
    },
    {
      verb: 'Alert',
      cmdId: '2',
      data: '1224',
      items: [{ meta: { type: 'com.microsoft/MDM/AADUserToken' }, data: planted }],
    },
    {
      verb: 'Atomic',
      cmdId: '3',
      commands: [
        {
          verb: 'Replace',
          cmdId: '4',
          items: [
            { target: './SyncML/DMAcc/x/AppAuth/CLCRED/AAuthSecret', data: planted },
            { target: './SyncML/DMAcc/x/AppAuth/CLCRED/AAuthData', meta: { format: 'bin' }, data: planted },
            { target: './Vendor/MSFT/ClientCertificateInstall/SCEP/x/Install/Challenge', data: planted },
            { target: './Vendor/MSFT/ClientCertificateInstall/PFXCertInstall/x/PFXCertBlob', data: planted },
            { target: './Vendor/MSFT/RemoteLock/NewPINValue', data: planted },
            {
              target: './Vendor/MSFT/WiFi/Profile/shown%20net/WlanXml',
              data: `<WLANProfile><name>shown net</name><sharedKey><keyMaterial>${planted}</keyMaterial></sharedKey></WLANProfile>`,
            },
          ],
        },
      ],
    },
    {
      verb: 'Results',
      cmdId: '5',
      cmdRef: '9',
      items: [{ source: './Vendor/MSFT/ActiveSync/Accounts/x/Password', data: planted }],
    },
  ],
  isFinal: true,
};
const syncMlShows = [
  'from shown-device as shown account',
  '407 Missing credentials',
  'CLCRED/AAuthSecret [secret]',
  'shown net',
  'Password [secret]',
];

/** A secret in each place of an Android device's configuration that has one. */
const setting = (packageId: string, name: string, value: string) => ({
  packageId,
  name,
  type: 1,
  value,
  lastUpdate: 1,
});
const configuration = writeReply(
  writeConfiguration({
    ...{ password: planted, passwordReset: planted, passwordMode: 'strong', custom1: 'shown authority', files: [] },
    applications: [],
    applicationSettings: [
      setting('com.example.vpn', 'vpn_connection_password', planted),
      setting('com.example.vpn', 'vpn_connection_host', 'shown.example'),
      setting(
        'com.rollcall.companion',
        'managedConfig',
        JSON.stringify({
          openNetworkConfiguration: { NetworkConfigurations: [{ WiFi: { SSID: 'shown net', Passphrase: planted } }] },
          certificates: [
            { alias: 'shown alias', scepUrl: 'https://shown.example/scep', challenge: planted },
            { alias: 'shown other', pkcs12Path: '/shown.p12', password: planted },
          ],
        }),
      ),
    ],
    rest: {},
  }),
);
const qr = writeQr({
  ...{ deviceId: 'shown-7', baseUrl: 'https://shown.example', project: '', groups: ['1'] },
  ...{ component: 'com.hmdm.launcher/.AdminReceiver', downloadUrl: 'https://shown.example/a.apk', checksum: 'shown=' },
  ...{ wifi: { ssid: 'shown net', password: planted }, adminExtras: `admin_password: '${planted}'` },
});

export interface Sample {
  readonly contentType: string;
  readonly body: Buffer;
  /** Visible all the same. */
  readonly shows: readonly string[];
}

const sample = (contentType: string, body: Uint8Array | string, ...shows: string[]): Sample => ({
  contentType,
  body: Buffer.from(body),
  shows,
});

const plistType = 'application/xml';
const jsonType = 'application/json; charset=utf-8';

export const samples: Readonly<Record<string, Sample>> = {
  'a configuration of Headwind': sample(
    jsonType,
    configuration,
    ...['passwordMode: "strong"', 'shown authority', 'shown net', 'shown alias', 'https://shown.example/scep'],
    ...['password: [secret]', 'value: "[secret]"', 'Passphrase: [secret]', 'value: "shown.example"'],
  ),
  'a configuration of Headwind that does not end': sample(
    jsonType,
    configuration.subarray(0, -60),
    '"passwordMode":"strong"',
  ),
  'the text of a QR code': sample(
    '',
    qr,
    'shown-7',
    'shown net',
    'WIFI_PASSWORD: [secret]',
    'admin_password: [secret]',
  ),
  'the reply of a poll': sample(
    jsonType,
    writePollReply([{ messageType: 'runApp', payload: `{pkg:'com.shown', extra:{token:'${planted}'}}` }]),
    ...['messageType: "runApp"', 'pkg: "com.shown"', 'token: [secret]'],
  ),
  'a SyncML message': sample('application/vnd.syncml.dm+xml', encodeSyncMl(syncMl), ...syncMlShows),
  'SyncML as WBXML': sample('application/vnd.syncml.dm+wbxml', encodeWbxml(syncMl), ...syncMlShows),
  'SyncML that does not end': sample(
    'application/vnd.syncml.dm+xml',
    encodeSyncMl(syncMl).subarray(0, -40),
    'SyncML that cannot be read',
    '<LocName>shown account</LocName>',
  ),
  'a profile': sample(
    'application/x-apple-aspen-config',
    profile,
    'https://shown.example/scep',
    'shown net',
    'shown user',
    'shown name',
    'shown tv',
  ),
  'a signed profile': sample('application/x-apple-aspen-config', signed, 'CMS signed data', 'shown net'),
  InstallProfile: sample(
    plistType,
    buildPlist(command({ RequestType: 'InstallProfile', Payload: signed })),
    'RequestType: "InstallProfile"',
    'shown net',
  ),
  'EraseDevice with Return to Service': sample(
    plistType,
    buildPlist(
      command({
        RequestType: 'EraseDevice',
        PIN: planted,
        ReturnToService: { Enabled: true, MDMProfileData: profile, WiFiProfileData: profile },
      }),
    ),
    'Enabled: true',
    'shown net',
  ),
  'addresses in a command': sample(
    plistType,
    buildPlist(
      command({
        RequestType: 'InstallApplication',
        ManifestURL: `https://shown-user:${planted}@shown.example:8443/app.plist?token=${planted}&shown=1`,
        Configuration: { pw: planted, help: `see https://shown.example:8443/help?a=1&sig=${planted}` },
      }),
    ),
    'https://[secret]@shown.example:8443/app.plist?token=[secret]&shown=1',
    'https://shown.example:8443/help?a=1&sig=[secret]',
  ),
  'addresses in a text': sample(
    'text/plain',
    `shown: go to https://shown.example:8443/x?challenge=${planted}&X-Amz-Signature=${planted} or http://a:${planted}@b`,
    'shown: go to https://shown.example:8443/x?challenge=[secret]&X-Amz-Signature=[secret] or http://[secret]@b',
  ),
  SetRecoveryLock: sample(
    plistType,
    buildPlist(command({ RequestType: 'SetRecoveryLock', CurrentPassword: planted, NewPassword: planted })),
    'SetRecoveryLock',
  ),
  AccountConfiguration: sample(
    plistType,
    buildPlist(
      command({
        RequestType: 'AccountConfiguration',
        AutoSetupAdminAccounts: [{ shortName: 'shown', passwordHash: bytes }],
      }),
    ),
    'shortName: "shown"',
  ),
  TokenUpdate: sample(
    'application/x-apple-aspen-mdm-checkin',
    buildPlist({
      MessageType: 'TokenUpdate',
      Topic: 'shown.topic',
      PushMagic: planted,
      Token: bytes,
      UnlockToken: bytes,
    }),
    'Topic: "shown.topic"',
  ),
  'TokenUpdate, binary': sample(
    'application/x-apple-aspen-mdm-checkin',
    buildBinaryPlist({ MessageType: 'TokenUpdate', Topic: 'shown.topic', PushMagic: planted, Token: bytes }),
    'Topic: "shown.topic"',
  ),
  SetBootstrapToken: sample(
    plistType,
    buildPlist({ MessageType: 'SetBootstrapToken', BootstrapToken: bytes }),
    'SetBootstrapToken',
  ),
  'the answer to GetToken': sample(plistType, buildPlist({ TokenData: bytes })),
  ActivationLockBypassCode: sample(
    plistType,
    buildPlist({ ActivationLockBypassCode: planted, Status: 'shown' }),
    'shown',
  ),
  'declarative management': sample(
    plistType,
    buildPlist({
      MessageType: 'DeclarativeManagement',
      Endpoint: 'shown/endpoint',
      Data: Buffer.from(JSON.stringify({ DeclarationsToken: 'shown-version', Credential: { Password: planted } })),
    }),
    'DeclarationsToken: "shown-version"',
  ),
  'an old-style property list': sample(
    'application/x-apple-aspen-mdm',
    `{ User = "shown user"; Password = "${planted}"; Token = <${bytes.toString('hex')}>; }`,
    'User: "shown user"',
  ),
  'a property list in UTF-16': sample(
    'application/xml',
    Buffer.from(
      `\ufeff<?xml version="1.0"?><plist><dict><key>User</key><string>shown</string><key>PIN</key><string>${planted}</string></dict></plist>`,
      'utf16le',
    ),
    'User: "shown"',
  ),
  JSON: sample(
    jsonType,
    JSON.stringify({
      user: 'shown user',
      password: planted,
      access_token: planted,
      nested: [{ 'client-secret': { value: planted } }],
      pin: 123456,
      identity: identity.toString('base64'),
    }),
    'user: "shown user"',
    'pin: [secret]',
  ),
  'a notification': sample(jsonType, JSON.stringify({ mdm: planted }), 'mdm: [secret]'),
  'a push message': sample(
    '',
    JSON.stringify({ type: 'notification', token: planted, payload: JSON.stringify({ mdm: planted }) }),
    'type: "notification"',
  ),
  'a form': sample(
    'application/x-www-form-urlencoded',
    `user=shown&password=${encodeURIComponent(planted)}&x=1`,
    'user=shown',
    'x=1',
  ),
  SyncML: sample(
    'application/vnd.syncml.dm+xml',
    `<SyncML><Cmd>shown</Cmd><Password>${planted}</Password></SyncML>`,
    'shown',
  ),
  'a page': sample(
    'text/html',
    `<html><title>shown</title><a href="/x?token=${planted}&a=1">in</a></html>`,
    'shown',
    'a=1',
  ),
  'a page with a key': sample('text/plain', `shown\n${pem()}`, 'shown'),
  'a damaged property list': sample(
    plistType,
    `<?xml version="1.0"?><plist><dict><key>User</key><string>shown</string><key>Password</key><string>${planted}</string><key>Token</key><data>${bytes.toString('base64')}`,
    'shown',
  ),
  'damaged JSON': sample(jsonType, `{"user":"shown","password":"${planted}","x":`, 'shown'),
  'PKCS#12': sample('application/x-pkcs12', identity),
  'a key': sample('application/octet-stream', key.privateKey.export({ type: 'pkcs8', format: 'der' })),
  'a certificate': sample('application/x-x509-ca-cert', ca.certificate, 'certificate O=Rollcall test'),
  PEM: sample('application/x-pem-file', pem() + writePem('CERTIFICATE', ca.certificate), 'certificate O=Rollcall test'),
  'a SCEP request': sample(
    'application/x-pki-message',
    buildRequest({
      ...base,
      messageType: 'PKCSReq',
      content: csr,
      senderNonce: random(16),
      recipient: ca.certificate,
      signer: { certificate, key: key.privateKey },
    }),
    'SCEP PKCSReq (19)',
    'transactionID shown-transaction',
    'aes-128-cbc',
    'signer CN=Phone 7',
  ),
  'a SCEP refusal': sample(
    'application/x-pki-message',
    buildCertRep({
      ...base,
      recipientNonce: random(16),
      ca: { certificate: ca.certificate, key: ca.privateKey },
      pkiStatus: 'failure',
      failInfo: 'badRequest',
    }),
    'SCEP CertRep (3)',
    'pkiStatus failure (2)',
    'failInfo badRequest (2)',
  ),
  'an envelope': sample(
    'application/pkcs7-mime',
    envelop(bytes, [ca.certificate], { cipher: 'des-ede3-cbc', random }),
    'des-ede3-cbc',
  ),
  'a certification request': sample('application/pkcs10', csr, 'certification request CN=Phone 7, rsa 1024'),
  GetPolicies: sample(
    'application/soap+xml; charset=utf-8',
    encodeGetPolicies({
      to: 'https://shown.example/policy',
      credential: { kind: 'username', username: 'shown user', password: planted },
    }),
    'SOAP envelope',
    'Username: "shown user"',
  ),
  'GetPolicies with a token': sample(
    'application/soap+xml',
    encodeGetPolicies({
      to: 'https://shown.example/policy',
      credential: { kind: 'token', token: bytes.toString('base64'), valueType: 'urn:ietf:params:oauth:token-type:jwt' },
    }),
    'BinarySecurityToken (jwt): [secret]',
  ),
  RequestSecurityToken: sample(
    'application/soap+xml; charset=utf-8',
    encodeRequestToken({
      to: 'https://shown.example/enroll',
      credential: { kind: 'username', username: 'shown user', password: planted },
      requestType: 'Issue',
      token: csr,
      tokenValueType: 'http://schemas.microsoft.com/windows/pki/2009/01/enrollment#PKCS10',
      context: [
        ['DeviceName', 'shown device'],
        ['UserToken', planted],
      ],
    }),
    'certification request CN=Phone 7',
    'ContextItem DeviceName: "shown device"',
  ),
  'a provisioning document': sample('text/xml', provisioning, 'provisioning document', 'PROVIDER-ID: "shown"'),
  'a damaged provisioning document': sample(
    'text/xml',
    provisioning.subarray(provisioning.indexOf('<parm name="APPID"'), -10),
    'parm name="ADDR" value="https://shown.example/mdm"',
  ),
  RequestSecurityTokenResponse: sample(
    'application/soap+xml; charset=utf-8',
    encodeTokenResponse(provisioning),
    'BinarySecurityToken (DeviceEnrollmentProvisionDoc):',
    'AAUTHNAME: "shown name"',
    'certificate CN=Phone 7',
  ),
  bytes: sample('application/octet-stream', Buffer.from('0001020304', 'hex'), '5 bytes 0001020304'),
};

/** What must not be seen of the secret, in whatever spelling. */
export const spellings = [
  planted,
  planted.slice(0, 12),
  encodeURIComponent(planted),
  bytes.toString('base64').slice(0, 12),
  bytes.toString('hex').slice(0, 20),
];
