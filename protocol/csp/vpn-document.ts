// What a VPNProfile document says.
import type { EapHostConfig } from './eap.js';

/** NativeProtocolType. */
export const nativeProtocols = ['PPTP', 'L2TP', 'IKEv2', 'Automatic', 'SSTP', 'ProtocolList'] as const;
export type NativeProtocol = (typeof nativeProtocols)[number];

/** Which of the device's certificates is shown. */
export interface VpnCertificate {
  readonly issuer?: string;
  readonly eku?: string;
}

/** A connection by Windows' own protocols. */
export interface NativeVpn {
  /** `vpn.contoso.example`, or several, each with a name to be shown: `a.example;Berlin,b.example;Oslo`. */
  readonly servers: string;
  readonly protocol: NativeProtocol;
  readonly routingPolicy?: 'SplitTunnel' | 'ForceTunnel';
  readonly userMethod?: 'Eap' | 'MSChapv2';
  readonly machineMethod?: 'Certificate' | 'Eap' | 'PresharedKey';
  readonly eap?: EapHostConfig;
  readonly certificate?: VpnCertificate;
  /** A secret. */
  readonly l2tpPsk?: string;
}

/** A connection by an app of the Store. */
export interface PluginVpn {
  /** Separated by semicolons. */
  readonly serverUrls: string;
  readonly packageFamilyName: string;
}

export interface VpnRoute {
  readonly address: string;
  readonly prefixSize: number;
}

/** One of `native` and `plugin` is there. */
export interface VpnProfileDocument {
  readonly native?: NativeVpn;
  readonly plugin?: PluginVpn;
  readonly alwaysOn: boolean;
  readonly deviceTunnel: boolean;
  readonly rememberCredentials: boolean;
  readonly dnsSuffix?: string;
  readonly trustedNetworkDetection?: string;
  readonly routes: readonly VpnRoute[];
}
