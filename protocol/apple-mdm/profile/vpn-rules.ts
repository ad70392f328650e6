// The keys of com.apple.vpn.managed. TransparentProxy is macOS's own and has no table: iOS refuses the type.
import {
  data,
  dictOf,
  flag,
  integer,
  listOf,
  oneOf,
  oneOfNumbers,
  required,
  since,
  type Table,
  text,
  texts,
  uuid,
  zeroOrOne,
} from './rules.js';

const onDemandRules = listOf(
  dictOf({
    Action: required(oneOf('Allow', 'Connect', 'Disconnect', 'EvaluateConnection', 'Ignore')),
    ActionParameters: listOf(
      dictOf({
        Domains: required(texts),
        DomainAction: required(oneOf('ConnectIfNeeded', 'NeverConnect')),
        RequiredDNSServers: texts,
        RequiredURLStringProbe: text(),
      }),
    ),
    DNSDomainMatch: texts,
    DNSServerAddressMatch: texts,
    InterfaceTypeMatch: oneOf('Ethernet', 'WiFi', 'Cellular'),
    SSIDMatch: texts,
    URLStringProbe: text(),
  }),
);

const onDemandDomains: Table = {
  OnDemandMatchDomainsAlways: texts,
  OnDemandMatchDomainsNever: texts,
  OnDemandMatchDomainsOnRetry: texts,
};

const idle: Table = { DisconnectOnIdle: zeroOrOne, DisconnectOnIdleTimer: integer() };

const provider: Table = {
  ProviderBundleIdentifier: text(),
  ProviderType: oneOf('packet-tunnel', 'app-proxy'),
  IncludeAllNetworks: zeroOrOne,
  EnforceRoutes: zeroOrOne,
  ExcludeLocalNetworks: zeroOrOne,
  ExcludeCellularServices: zeroOrOne,
  ExcludeAPNs: zeroOrOne,
  ExcludeDeviceCommunication: since('17.4', zeroOrOne),
  OnDemandEnabled: zeroOrOne,
  OnDemandUserOverrideDisabled: zeroOrOne,
  OnDemandRules: onDemandRules,
};

const securityAssociation = dictOf({
  EncryptionAlgorithm: oneOf('DES', '3DES', 'AES-128', 'AES-256', 'AES-128-GCM', 'AES-256-GCM', 'ChaCha20Poly1305'),
  IntegrityAlgorithm: oneOf('SHA1-96', 'SHA1-160', 'SHA2-256', 'SHA2-384', 'SHA2-512'),
  DiffieHellmanGroup: oneOfNumbers(1, 2, 5, 14, 15, 16, 17, 18, 19, 20, 21, 31, 32),
  LifeTimeInMinutes: integer(10, 1440),
});

const tlsVersion = oneOf('1.0', '1.1', '1.2');

/** The IKEv2 dictionary; a tunnel of an AlwaysOn payload carries the same keys. */
const ikev2Rules: Table = {
  RemoteAddress: required(text()),
  LocalIdentifier: required(text()),
  RemoteIdentifier: required(text()),
  AuthenticationMethod: required(oneOf('None', 'SharedSecret', 'Certificate')),
  CertificateType: oneOf('RSA', 'ECDSA256', 'ECDSA384', 'ECDSA521', 'RSA-PSS'),
  PayloadCertificateUUID: text(),
  Password: text(),
  SharedSecret: text(),
  ExtendedAuthEnabled: zeroOrOne,
  AuthName: text(),
  AuthPassword: text(),
  ...provider,
  ...idle,
  DeadPeerDetectionRate: oneOf('None', 'Low', 'Medium', 'High'),
  ServerCertificateIssuerCommonName: text(),
  ServerCertificateCommonName: text(),
  TLSMinimumVersion: tlsVersion,
  TLSMaximumVersion: tlsVersion,
  UseConfigurationAttributeInternalIPSubnet: zeroOrOne,
  DisableMOBIKE: zeroOrOne,
  DisableRedirect: zeroOrOne,
  NATKeepAliveOffloadEnable: zeroOrOne,
  NATKeepAliveInterval: integer(),
  EnablePFS: zeroOrOne,
  EnableCertificateRevocationCheck: zeroOrOne,
  EnableFallback: zeroOrOne,
  MTU: integer(1280, 1400),
  PPK: since('18.0', data),
  PPKIdentifier: since('18.0', text()),
  PPKMandatory: since('18.0', zeroOrOne),
  IKESecurityAssociationParameters: securityAssociation,
  ChildSecurityAssociationParameters: securityAssociation,
};

export const vpnRules: Table = {
  VPNType: required(oneOf('VPN', 'L2TP', 'IPSec', 'IKEv2', 'AlwaysOn')),
  VPNSubType: text(),
  UserDefinedName: required(text()),
  VendorConfig: dictOf({ Realm: text(), Role: text(), Group: text(), LoginGroupOrDomain: text() }),
  VPN: dictOf({
    AuthenticationMethod: oneOf('Password', 'Certificate', 'Password+Certificate'),
    PayloadCertificateUUID: text(),
    Password: text(),
    ...provider,
    ...idle,
    ...onDemandDomains,
  }),
  IPv4: dictOf({ OverridePrimary: zeroOrOne }),
  PPP: dictOf({
    AuthName: text(),
    AuthPassword: text(),
    TokenCard: zeroOrOne,
    CommRemoteAddress: text(),
    AuthEAPPlugins: listOf(oneOf('EAP-RSA', 'EAP-TLS', 'EAP-KRB'), 1, 1),
    AuthProtocol: listOf(oneOf('EAP'), 1, 1),
    CCPMPPE40Enabled: zeroOrOne,
    CCPMPPE128Enabled: zeroOrOne,
    CCPEnabled: zeroOrOne,
    ...idle,
  }),
  IPSec: dictOf({
    RemoteAddress: text(),
    AuthenticationMethod: oneOf('SharedSecret', 'Certificate'),
    XAuthName: text(),
    XAuthPassword: text(),
    XAuthEnabled: zeroOrOne,
    XAuthPasswordEncryption: oneOf('Prompt'),
    LocalIdentifier: text(),
    LocalIdentifierType: oneOf('KeyID'),
    SharedSecret: data,
    PayloadCertificateUUID: text(),
    PromptForVPNPIN: flag,
    ...idle,
    OnDemandEnabled: zeroOrOne,
    ...onDemandDomains,
    OnDemandRules: onDemandRules,
  }),
  IKEv2: dictOf(ikev2Rules),
  DNS: dictOf({
    DNSProtocol: required(oneOf('Cleartext', 'HTTPS', 'TLS')),
    ServerURL: text(),
    ServerName: text(),
    ServerAddresses: required(texts),
    SearchDomains: texts,
    DomainName: text(),
    SupplementalMatchDomains: texts,
    SupplementalMatchDomainsNoSearch: zeroOrOne,
    PayloadCertificateUUID: uuid,
  }),
  Proxies: dictOf({
    ProxyAutoConfigEnable: zeroOrOne,
    ProxyAutoDiscoveryEnable: zeroOrOne,
    ProxyAutoConfigURLString: text(),
    SupplementalMatchDomains: texts,
    HTTPEnable: zeroOrOne,
    HTTPProxy: text(),
    HTTPPort: integer(0, 65_535),
    HTTPProxyUsername: text(),
    HTTPProxyPassword: text(),
    HTTPSEnable: zeroOrOne,
    HTTPSProxy: text(),
    HTTPSPort: integer(0, 65_535),
  }),
  AlwaysOn: dictOf({
    UIToggleEnabled: zeroOrOne,
    TunnelConfigurations: required(
      listOf(
        dictOf({
          ...Object.fromEntries(Object.entries(ikev2Rules).map(([key, { required: _, ...rule }]) => [key, rule])),
          ProtocolType: required(oneOf('IKEv2')),
          Interfaces: listOf(oneOf('Cellular', 'WiFi')),
        }),
      ),
    ),
    ServiceExceptions: listOf(
      dictOf({
        ServiceName: required(oneOf('VoiceMail', 'AirPrint', 'CellularServices', 'DeviceCommunication')),
        Action: required(oneOf('Allow', 'Drop')),
      }),
    ),
    ApplicationExceptions: listOf(
      dictOf({ BundleIdentifier: required(text()), LimitToProtocols: listOf(oneOf('UDP')) }),
    ),
    AllowCaptiveWebSheet: zeroOrOne,
    AllowAllCaptiveNetworkPlugins: zeroOrOne,
    AllowedCaptiveNetworkPlugins: listOf(dictOf({ BundleIdentifier: required(text()) })),
  }),
};

/** What com.apple.vpn.managed.applayer adds. */
export const appLayerRules: Table = {
  VPNUUID: required(text()),
  CellularSliceUUID: since('18.0', text()),
  SafariDomains: texts,
  MailDomains: texts,
  CalendarDomains: texts,
  ContactsDomains: texts,
  AssociatedDomains: texts,
  ExcludedDomains: texts,
  OnDemandMatchAppEnabled: flag,
  SMBDomains: texts,
};
