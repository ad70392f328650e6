// VPN connections in neutral words. Where Apple keeps the server, the user and the secret depends on the type.
import type { PlistDict } from '../../plist/value.js';
import type { VpnProfile } from '../../vocabulary.js';
import { type Names, nameOf } from './names.js';
import type { Payload } from './profile.js';
import { dataAt, dictAt, dictsAt, isOnAt, optional, textAt } from './values.js';

type Protocol = VpnProfile['protocol'];
type Method = VpnProfile['authentication'];

const protocols: Readonly<Record<string, Protocol>> = {
  IKEv2: 'ikev2',
  L2TP: 'l2tp',
  IPSec: 'ipsec',
  AlwaysOn: 'always-on',
  VPN: 'app',
};

export function vpnConnection({ content }: Payload, name: string, names: Names): VpnProfile {
  const protocol = protocols[textAt(content, 'VPNType') ?? ''] ?? 'app';
  const { server, security, user } = partsOf(content, protocol);
  const secret = textAt(security, 'SharedSecret') ?? dataAt(security, 'SharedSecret')?.toString('utf8');
  return {
    kind: 'vpn',
    name,
    connectionName: textAt(content, 'UserDefinedName') ?? '',
    protocol,
    server: server ?? '',
    authentication: methodOf(protocol, security),
    ...optional('localIdentifier', textAt(security, 'LocalIdentifier')),
    ...optional('remoteIdentifier', textAt(security, 'RemoteIdentifier')),
    ...optional('sharedSecret', secret),
    ...optional('username', user.name),
    ...optional('password', user.password),
    ...optional('certificate', nameOf(names, textAt(security, 'PayloadCertificateUUID'))),
    ...(protocol === 'app' ? optional('app', textAt(content, 'VPNSubType')) : {}),
  };
}

interface Parts {
  readonly server: string | undefined;
  /** The dictionary with the method of authentication, the secret and the certificate. */
  readonly security: PlistDict | undefined;
  readonly user: { readonly name: string | undefined; readonly password: string | undefined };
}

function partsOf(content: PlistDict, protocol: Protocol): Parts {
  const ipsec = dictAt(content, 'IPSec');
  const named = (from: PlistDict | undefined, name: string, password: string) => ({
    name: textAt(from, name),
    password: textAt(from, password),
  });
  switch (protocol) {
    case 'l2tp': {
      const ppp = dictAt(content, 'PPP');
      return {
        server: textAt(ppp, 'CommRemoteAddress'),
        security: ipsec,
        user: named(ppp, 'AuthName', 'AuthPassword'),
      };
    }
    case 'ipsec':
      return {
        server: textAt(ipsec, 'RemoteAddress'),
        security: ipsec,
        user: named(ipsec, 'XAuthName', 'XAuthPassword'),
      };
    case 'app': {
      const vpn = dictAt(content, 'VPN');
      return {
        server: textAt(vpn, 'RemoteAddress'),
        security: vpn,
        user: named(vpn, 'AuthName', vpn?.['AuthPassword'] === undefined ? 'Password' : 'AuthPassword'),
      };
    }
    case 'ikev2':
    case 'always-on': {
      const [tunnel] = dictsAt(dictAt(content, 'AlwaysOn'), 'TunnelConfigurations');
      const ikev2 = protocol === 'ikev2' ? dictAt(content, 'IKEv2') : tunnel;
      return {
        server: textAt(ikev2, 'RemoteAddress'),
        security: ikev2,
        user: named(ikev2, 'AuthName', 'AuthPassword'),
      };
    }
  }
}

function methodOf(protocol: Protocol, security: PlistDict | undefined): Method {
  switch (textAt(security, 'AuthenticationMethod')) {
    case 'Certificate':
      return 'certificate';
    case 'Password+Certificate':
      return 'password-and-certificate';
    case 'Password':
      return 'password';
    case 'SharedSecret':
      return 'shared-secret';
    case 'None': // with EAP a user's own credentials, else as SharedSecret
      return isOnAt(security, 'ExtendedAuthEnabled') ? eapMethod(security) : 'shared-secret';
    default: // the schema's default of the dictionary
      return protocol === 'ipsec' || protocol === 'l2tp' ? 'shared-secret' : protocol === 'app' ? 'password' : 'none';
  }
}

const eapMethod = (security: PlistDict | undefined): Method =>
  textAt(security, 'PayloadCertificateUUID') === undefined ? 'password' : 'certificate';
