import { csp } from '../tree/ddf.js';

// A device tunnel exists in the Device tree alone, the app's own dialogue in the User tree alone.
const tunnel = '\n    DeviceTunnel [ADGR] bool ? def=false = ENUM:false|true';
const appUi = '\n    RequireVpnClientAppUI [ADGR] bool ?';

const tree = (scope: 'User' | 'Device', { tunnel = '', appUi = '' }) => String.raw`
./${scope}/Vendor/MSFT/VPNv2 [G] node
  {ProfileName} [ADGR] node * = RegEx:^[^/]*$ ATOMIC
    AppTriggerList [G] node ?
      {appTriggerRowId} [ADG] node *
        App [G] node
          Id [ADGR] chr
          Type [G] chr
    RouteList [G] node ?
      {routeRowId} [ADG] node *
        Address [ADGR] chr
        PrefixSize [ADGR] int = Range:[0-4294967295]
        Metric [ADGR] int
        ExclusionRoute [ADGR] bool def=false = ENUM:false|true
    DomainNameInformationList [G] node ?
      {dniRowId} [ADG] node *
        DomainName [ADGR] chr
        DomainNameType [G] chr
        DnsServers [ADGR] chr
        WebProxyServers [ADGR] chr ?
        AutoTrigger [ADGR] bool ? def=false = ENUM:false|true
        Persistent [ADGR] bool ? def=false = ENUM:false|true
    TrafficFilterList [G] node ?
      {trafficFilterId} [ADG] node *
        App [G] node ?
          Id [ADGR] chr
          Type [G] chr
        Claims [ADGR] chr ?
        Protocol [ADGR] int ? = Range:[0-255]
        LocalPortRanges [ADGR] chr ? = RegEx:^[\d]*$
        RemotePortRanges [ADGR] chr ? = RegEx:^[\d]*$
        LocalAddressRanges [ADGR] chr ?
        RemoteAddressRanges [ADGR] chr ?
        RoutingPolicyType [ADGR] chr ? = ENUM:SplitTunnel|ForceTunnel
        Direction [ADGR] chr ?
    EdpModeId [ADGR] chr ?
    RememberCredentials [ADGR] bool ? def=false = ENUM:false|true
    AlwaysOn [ADGR] bool ? def=false = ENUM:false|true
    AlwaysOnActive [ADGR] bool ? def=1 = ENUM:0|1${tunnel}
    RegisterDNS [ADGR] bool ? def=false = ENUM:false|true
    DnsSuffix [ADGR] chr ?
    ByPassForLocal [ADGR] bool ?
    TrustedNetworkDetection [ADGR] chr ?
    DisableAdvancedOptionsEditButton [ADGR] bool ? = ENUM:false|true
    DisableDisconnectButton [ADGR] bool ? = ENUM:false|true${appUi}
    ProfileXML [ADGR] chr ? = XSD(VPNProfile)
    Proxy [G] node ?
      Manual [G] node ?
        Server [ADGR] chr
      AutoConfigUrl [ADGR] chr ?
    APNBinding [G] node ?
      ProviderId [ADGR] chr
      AccessPointName [ADGR] chr
      UserName [ADGR] chr
      Password [ADGR] chr Masked
      IsCompressionEnabled [ADGR] bool ?
      AuthenticationType [ADGR] chr
    DeviceCompliance [AG] node ?
      Enabled [ADGR] bool = ENUM:false|true
      Sso [AG] node
        Enabled [ADGR] bool = ENUM:false|true
        IssuerHash [ADGR] chr
        Eku [ADGR] chr
    PluginProfile [AG] node ?
      ServerUrlList [ADGR] chr
      CustomConfiguration [ADGR] chr
      PluginPackageFamilyName [ADGR] chr
    NativeProfile [AG] node ?
      Servers [ADGR] chr
      RoutingPolicyType [ADGR] chr = ENUM:SplitTunnel|ForceTunnel
      NativeProtocolType [ADGR] chr = ENUM:PPTP|L2TP|IKEv2|Automatic|SSTP|ProtocolList
      ProtocolList [G] node ?
        NativeProtocolList [G] node ?
          {NativeProtocolRowId} [ADG] node *
            Type [ADGR] chr = ENUM:Pptp|L2tp|Ikev2|Sstp
        RetryTimeInHours [ADGR] int ?
      Authentication [G] node
        UserMethod [ADGR] chr = ENUM:EAP|MSChapv2
        MachineMethod [ADGR] chr = ENUM:Certificate
        Eap [G] node
          Configuration [ADGR] chr
          Type [ADGR] int
        Certificate [G] node
          Issuer [ADGR] chr
          Eku [ADGR] chr
      CryptographySuite [G] node
        AuthenticationTransformConstants [ADGR] chr = ENUM:MD596|SHA196|SHA256128|GCMAES128|GCMAES192|GCMAES256
        CipherTransformConstants [ADGR] chr = ENUM:DES|DES3|AES128|AES192|AES256|GCMAES128|GCMAES192|GCMAES256
        EncryptionMethod [ADGR] chr = ENUM:DES|DES3|AES128|AES192|AES256|AES_GCM_128|AES_GCM_256
        IntegrityCheckMethod [ADGR] chr = ENUM:MD5|SHA196|SHA256|SHA384
        DHGroup [ADGR] chr = ENUM:None|Group1|Group2|Group14|ECP256|ECP384|Group24
        PfsGroup [ADGR] chr = ENUM:None|PFS1|PFS2|PFS2048|ECP256|ECP384|PFSMM|PFS24
      L2tpPsk [ADGR] chr ? Masked
      DisableClassBasedDefaultRoute [ADGR] bool ? = ENUM:false|true
      PlumbIKEv2TSAsRoutes [ADGR] bool ?
    NetworkOutageTime [ADGR] int ? = Range:[0-4294967295]
    IPv4InterfaceMetric [ADGR] int ? = Range:[1-9999]
    IPv6InterfaceMetric [ADGR] int ? = Range:[1-9999]
    UseRasCredentials [ADGR] bool ? def=true = ENUM:false|true
    DataEncryption [ADGR] chr ? def=Require = ENUM:None|Require|Max|Optional
    PrivateNetwork [ADGR] bool ? def=true = ENUM:false|true
    DisableIKEv2Fragmentation [ADGR] bool ? def=false = ENUM:true|false
`;

/** VPNv2: VPN profiles, by nodes or by one ProfileXML (specs/windows.md §2.0, §2.2). */
export const vpnv2 = csp('VPNv2', tree('User', { appUi }) + tree('Device', { tunnel }));
