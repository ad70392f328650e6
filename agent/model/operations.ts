// What devices do on the wire, by name: for figures (docs/metrics.md), never sent. The set is bounded whatever a server asks for.
import { type RequestType, requestTypes } from '../../protocol/apple-mdm/request-types.js';
import type { PlatformName } from '../../protocol/vocabulary.js';

const scep = ['GetCACaps', 'GetCACert', 'PKIOperation', 'CertPoll'] as const;
/** Use of a profile at the authority's gate; and a file, a manifest, a certificate or an app that the authority named. */
const common = ['gate', 'download'] as const;

const ios = [
  /** The enrollment profile. */
  'profile',
  'Authenticate',
  'TokenUpdate',
  'CheckOut',
  'GetToken',
  'DeclarativeManagement/tokens',
  'DeclarativeManagement/declaration-items',
  'DeclarativeManagement/declaration',
  'DeclarativeManagement/status',
  'Idle',
  /** The answer to a command whose RequestType iOS does not know, or that was none; and one that an earlier session could not send. */
  'unknown-command',
  'resent-result',
  'push-connect',
] as const;

const windows = [
  /** The GET before Discover. */
  'probe',
  'Discover',
  'GetPolicies',
  'RequestSecurityToken',
  'RequestSecurityToken/renew',
  /** Pages of the web view; and what an Entra ID tenant is asked for. */
  'web-view',
  'token',
  /** The device's packages of OMA DM: the first of a session, and those that answer the server's. */
  'package-1',
  'package-3',
  'push-connect',
] as const;

const android = [
  /** What the QR code says. */
  'qr',
  /** POST, with which a device enrolls; and GET. */
  'sync/configuration/enroll',
  'sync/configuration',
  'sync/info',
  'log/rules',
  'log/list',
  'devicereset',
  'messaging/status',
  'deviceinfo-settings',
  'deviceinfo',
  'notification/polling',
  'mqtt-connect',
] as const;

/** The name of something that a device does on the wire. */
export type Operation =
  | (typeof scep)[number]
  | (typeof common)[number]
  | (typeof ios)[number]
  | RequestType
  | (typeof windows)[number]
  | (typeof android)[number];

/** Every name, by platform: letters, digits, `-` and `/`. For iOS the answer to a command is named by its RequestType. */
export const operations: Readonly<Record<PlatformName, readonly Operation[]>> = {
  ios: [...ios, ...scep, ...common, ...(Object.keys(requestTypes) as RequestType[])],
  windows: [...windows, ...scep, ...common],
  android: [...android, ...scep, ...common],
};
