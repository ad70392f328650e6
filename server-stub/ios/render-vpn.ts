// com.apple.vpn.managed: where server, user and secret go depends on the type.
import { payloadTypes } from '../../protocol/apple-mdm/profile/profile.js';
import { dict, type PlistDict } from '../../protocol/plist/value.js';
import type { VpnProfile } from '../../protocol/vocabulary.js';
import type { PayloadContent, Reference } from './payload.js';

export function vpnPayload(profile: VpnProfile, reference: Reference): PayloadContent {
  const uuid = profile.certificate === undefined ? undefined : reference(profile.certificate);
  return {
    type: payloadTypes.vpn,
    keys: dict({ UserDefinedName: profile.connectionName, ...typeKeys(profile, uuid) }),
  };
}

function typeKeys(profile: VpnProfile, uuid: string | undefined): PlistDict {
  switch (profile.protocol) {
    case 'ikev2':
      return dict({ VPNType: 'IKEv2', IKEv2: ikev2Keys(profile, uuid) });
    case 'always-on':
      return dict({
        VPNType: 'AlwaysOn',
        AlwaysOn: dict({
          TunnelConfigurations: [
            dict({ ProtocolType: 'IKEv2', Interfaces: ['Cellular', 'WiFi'], ...ikev2Keys(profile, uuid) }),
          ],
        }),
      });
    case 'l2tp':
      return dict({
        VPNType: 'L2TP',
        PPP: dict({
          CommRemoteAddress: profile.server,
          AuthName: profile.username,
          AuthPassword: profile.password,
        }),
        IPSec: dict(ipsecSecurity(profile, uuid)),
      });
    case 'ipsec':
      return dict({
        VPNType: 'IPSec',
        IPSec: dict({
          RemoteAddress: profile.server,
          XAuthEnabled: profile.username === undefined ? undefined : 1,
          XAuthName: profile.username,
          XAuthPassword: profile.password,
          ...ipsecSecurity(profile, uuid),
        }),
      });
    case 'app':
      return dict({
        VPNType: 'VPN',
        VPNSubType: profile.app ?? '',
        VPN: dict({
          RemoteAddress: profile.server,
          AuthenticationMethod: appMethods[profile.authentication] ?? 'Password',
          AuthName: profile.username,
          AuthPassword: profile.password,
          PayloadCertificateUUID: uuid,
          ProviderType: 'packet-tunnel',
        }),
      });
  }
}

const appMethods: Partial<Record<VpnProfile['authentication'], string>> = {
  certificate: 'Certificate',
  'password-and-certificate': 'Password+Certificate',
};

/** All of LocalIdentifier, RemoteIdentifier and AuthenticationMethod are required. */
function ikev2Keys(profile: VpnProfile, uuid: string | undefined): PlistDict {
  const { authentication, username } = profile;
  const byPassword = authentication === 'password' || authentication === 'password-and-certificate';
  const byCertificate = authentication === 'certificate' || authentication === 'password-and-certificate';
  const method = byCertificate ? 'Certificate' : authentication === 'shared-secret' ? 'SharedSecret' : 'None';
  return dict({
    RemoteAddress: profile.server,
    LocalIdentifier: profile.localIdentifier ?? username ?? '',
    RemoteIdentifier: profile.remoteIdentifier ?? profile.server,
    AuthenticationMethod: method,
    SharedSecret: profile.sharedSecret,
    PayloadCertificateUUID: uuid,
    CertificateType: byCertificate ? 'RSA' : undefined,
    ExtendedAuthEnabled: byPassword ? 1 : undefined, // with AuthenticationMethod None: EAP only
    AuthName: username,
    AuthPassword: profile.password,
  });
}

function ipsecSecurity(profile: VpnProfile, uuid: string | undefined): PlistDict {
  return dict({
    AuthenticationMethod: uuid === undefined ? 'SharedSecret' : 'Certificate',
    PayloadCertificateUUID: uuid,
    SharedSecret: profile.sharedSecret === undefined ? undefined : Buffer.from(profile.sharedSecret, 'utf8'),
    LocalIdentifier: profile.localIdentifier,
  });
}
