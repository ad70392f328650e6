import type { Authority, Profile } from '../../protocol/vocabulary.js';
import type { BuiltIn } from '../dialect.js';
import { headwind } from './render/configuration.js';

/** `easy` and `moderate` of the launcher's modes. */
const passcode = (minLength: number, requireAlphanumeric: boolean): Profile => ({
  kind: 'configuration',
  name: 'Passcode',
  type: headwind,
  passcode: { required: true, minLength, requireAlphanumeric },
  settings: {},
});

/** strongSwan, the IKEv2 app that can be told its settings, has no shared secret: the connection of that name is another one here. */
const vpn: Profile = {
  kind: 'vpn',
  name: 'Contoso VPN',
  connectionName: 'Contoso',
  protocol: 'ikev2',
  server: 'vpn.contoso.example',
  authentication: 'password',
  localIdentifier: '{{deviceId}}',
  remoteIdentifier: 'vpn.contoso.example',
  username: '{{upn}}',
  password: '{{secret}}',
};

const profiles: Readonly<Record<Exclude<Authority, 'unknown'>, readonly Profile[]>> = {
  office365: [passcode(6, false), vpn],
  intune: [passcode(8, true)],
  sccm: [],
};

/** A passcode policy under either authority; Android needs no push certificate. */
export const builtIn = (): BuiltIn => ({ profiles: (authority) => profiles[authority] });
