// The words of one entry of `profiles`: what a profile is, in as few words as say it, for whom, and under which authority.
import { z } from 'zod';
import { authored } from '../../protocol/vocabulary/derive.js';
import {
  certificateProfile,
  certificateSource,
  configurationProfile,
  emailProfile,
  mailServer,
  passcodePolicy,
  vpnProfile,
  wifiProfile,
} from '../../protocol/vocabulary/profile.js';
import { platformNames } from '../../protocol/vocabulary.js';
import { authoredProfile } from '../core/authored.js';
import { id, names } from './field-words.js';

/** For whom something is. */
export const assign = z.union(
  [
    z.enum(['all', 'nobody']),
    z.strictObject({
      users: names.exactOptional().describe('User principal names or ids of listed users.'),
      groups: names.exactOptional().describe('Names of groups. Their members, and those of groups within them.'),
      exclude: names.exactOptional().describe('Names of groups that get nothing, whatever else they are in.'),
    }),
  ],
  'expected all, nobody, or users:, groups: and exclude:',
);

export const platforms = z.array(z.enum(platformNames)).min(1);

/** Authorities that a profile may belong to. */
export const ofAuthority = z.enum(['intune', 'office365', 'sccm']);

const common = {
  id: id.exactOptional().describe('Default: made of authority, name and platforms, the same each time.'),
  authority: ofAuthority.describe('Whose devices get it. The same name under another authority overwrites it (A8).'),
  platforms: platforms.exactOptional().describe('Default: all of them.'),
  assign: assign.exactOptional().describe('Default: all, devices without a user too.'),
  assignedTo: z
    .union([z.literal('all'), names])
    .exactOptional()
    .describe('Former word for assign: all, or user principal names.'),
};

const ownName = { name: authored(emailProfile.shape.name).describe('The setting’s own name (A8).') };

const email = z.strictObject({
  ...common,
  ...ownName,
  kind: z.literal('email').describe('A mail account.'),
  account: emailProfile.shape.account.exactOptional().describe('Default: exchange.'),
  emailAddress: authored(emailProfile.shape.emailAddress).exactOptional().describe('Default: {{upn}}.'),
  host: authored(mailServer.shape.host)
    .exactOptional()
    .describe('The server, over TLS and with a password; or say incoming.'),
  port: authored(z.int().min(0).max(65_535)).exactOptional().describe('With host. Default: the protocol’s own.'),
  username: authored(z.string().max(4096)).exactOptional().describe('With host. Default: {{upn}}.'),
  password: authored(z.string().max(4096)).exactOptional().describe('With host. Default: {{secret}}.'),
  incoming: authored(mailServer).exactOptional().describe('Instead of host: the server in full.'),
  outgoing: authored(mailServer).exactOptional().describe('IMAP and POP: the SMTP server.'),
  certificate: authored(z.string().min(1).max(512)).exactOptional().describe('Name of a certificate profile.'),
  daysToSync: z
    .literal([0, 1, 3, 7, 14, 31])
    .exactOptional()
    .describe('Exchange: days of mail; 0 is all. Default: the device’s own.'),
});

const vpn = z.strictObject({
  ...common,
  ...ownName,
  kind: z.literal('vpn').describe('A VPN connection.'),
  connectionName: authored(vpnProfile.shape.connectionName).exactOptional().describe('Default: the name.'),
  protocol: vpnProfile.shape.protocol.exactOptional().describe('Default: ikev2.'),
  server: authored(vpnProfile.shape.server).describe('Host name or address.'),
  authentication: vpnProfile.shape.authentication
    .exactOptional()
    .describe('Default: certificate or shared-secret where one is given, else password.'),
  localIdentifier: z.string().max(4096).exactOptional().describe('Default: {{deviceId}}.'),
  remoteIdentifier: z.string().max(4096).exactOptional().describe('Default: the server.'),
  sharedSecret: z.string().max(4096).exactOptional().describe('Of authentication by shared secret.'),
  username: z.string().max(4096).exactOptional().describe('Default of authentication by password: {{upn}}.'),
  password: z.string().max(4096).exactOptional().describe('Default of authentication by password: {{secret}}.'),
  certificate: z.string().min(1).max(512).exactOptional().describe('Name of a certificate profile.'),
  app: z.string().min(1).max(512).exactOptional().describe('Protocol app: its bundle or package identifier.'),
});

const wifi = z.strictObject({
  ...common,
  ...ownName,
  kind: z.literal('wifi').describe('A Wi-Fi network.'),
  ssid: authored(wifiProfile.shape.ssid).exactOptional().describe('Default: the name.'),
  hidden: z.boolean().exactOptional().describe('Default: false.'),
  autoJoin: z.boolean().exactOptional().describe('Default: true.'),
  security: wifiProfile.shape.security.exactOptional().describe('Default: wpa2 with a passphrase or eap, else none.'),
  passphrase: z.string().max(4096).exactOptional().describe('Of WPA and WEP. {{secret}} is one of each device’s own.'),
  eap: authored(wifiProfile.shape.eap.unwrap())
    .exactOptional()
    .describe('How to sign in to an enterprise network (802.1X).'),
});

/** `O=Contoso, CN={{userName}} on {{serial}}`, or names in order, each a list of [type, value]. */
const subject = z.union(
  [
    z
      .string()
      .max(4096)
      .regex(
        /^\s*[A-Za-z][\w.-]*\s*=[^,]+(,\s*[A-Za-z0-9][\w.-]*\s*=[^,]+)*$/,
        'expected names such as "O=Contoso, CN={{userName}}"',
      ),
    z
      .array(
        z
          .array(z.tuple([z.string().min(1).max(512), z.string().max(4096)]))
          .min(1)
          .max(100),
      )
      .max(100),
  ],
  'expected names such as "O=Contoso, CN={{userName}}"',
);

const shortSources = [
  z.strictObject({
    scep: z
      .string()
      .min(1)
      .max(512)
      .describe('stub: this stub’s own server, with a challenge of the device’s own; or an address.'),
    subject: subject.describe('Names in order, separated by commas.'),
    challenge: z.string().max(4096).exactOptional().describe('Default at the stub: {{scepChallenge}}.'),
    keySizeBits: z.literal([1024, 2048, 3072, 4096]).exactOptional().describe('Default: 2048.'),
    caName: z.string().min(1).max(512).exactOptional().describe('Which authority of the server is meant.'),
  }),
  z.strictObject({
    pem: z.string().min(1).max(100_000).describe(`A certificate in PEM, such as "\${file:./root.pem}".`),
  }),
] as const;

const certificate = z.strictObject({
  ...common,
  ...ownName,
  kind: z.literal('certificate').describe('A certificate that a device is given, or fetches.'),
  role: certificateProfile.shape.role.exactOptional().describe('Default: root of der and pem, else identity.'),
  source: z
    .union(
      [authored(certificateSource), ...shortSources],
      'expected scep: and subject:, pem:, or a source with its type (der, pkcs12, scep)',
    )
    .describe('Where it comes from, below.'),
});

const passcode = z.strictObject({
  ...passcodePolicy.shape,
  required: z.boolean().exactOptional().describe('Default: true.'),
});

const configuration = z.strictObject({
  ...common,
  ...ownName,
  kind: z.literal('configuration').describe('Anything else, in the platform’s own words, and passcodes.'),
  type: authored(configurationProfile.shape.type)
    .exactOptional()
    .describe('The platform’s own word. Left out with passcode alone: each platform’s own is taken.'),
  passcode: passcode.exactOptional().describe('What a passcode must be.'),
  settings: configurationProfile.shape.settings.exactOptional().describe('Default: none.'),
});

/** One entry, by its kind. */
export const entryWords = { email, vpn, wifi, certificate, configuration } as const;

/** The former form, whose profile is an object of its own. */
export const formerEntry = z.strictObject({
  ...common,
  profile: authoredProfile.describe('The profile in full, as the admin API shows it.'),
});

export type Entry = z.output<(typeof entryWords)[keyof typeof entryWords]>;
export type ShortSource = z.output<(typeof shortSources)[number]>;
export type Common = Pick<z.output<typeof formerEntry>, 'id' | 'authority' | 'platforms' | 'assign' | 'assignedTo'>;
