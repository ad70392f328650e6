// The declarations that this device supports, and the keys of each (Apple's schema, declarative/declarations).
import type { DeclarationKind } from '../../../../protocol/apple-mdm/ddm.js';

type KeyType = 'string' | 'integer' | 'boolean' | 'object' | 'strings' | 'objects' | 'any';
export interface KeyRule {
  readonly type: KeyType;
  readonly required?: true;
  readonly oneOf?: readonly string[];
  readonly min?: number;
  readonly max?: number;
}

interface TypeRule {
  readonly kind: DeclarationKind;
  /** Undefined: any keys may be there. */
  readonly keys?: Readonly<Record<string, KeyRule>>;
}

const text: KeyRule = { type: 'string' };
const flag: KeyRule = { type: 'boolean' };
const number = (min: number, max?: number): KeyRule => ({
  type: 'integer',
  min,
  ...(max === undefined ? {} : { max }),
});
const required = (rule: KeyRule): KeyRule => ({ ...rule, required: true });

export const types = {
  simple: 'com.apple.activation.simple',
  legacy: 'com.apple.configuration.legacy',
  subscriptions: 'com.apple.configuration.management.status-subscriptions',
  test: 'com.apple.configuration.management.test',
  passcode: 'com.apple.configuration.passcode.settings',
  data: 'com.apple.asset.data',
  organization: 'com.apple.management.organization-info',
  properties: 'com.apple.management.properties',
  serverCapabilities: 'com.apple.management.server-capabilities',
} as const;

export const typeRules: Readonly<Record<string, TypeRule>> = {
  [types.simple]: {
    kind: 'activation',
    keys: { StandardConfigurations: required({ type: 'strings' }), Predicate: text },
  },
  [types.legacy]: { kind: 'configuration', keys: { ProfileURL: required(text) } },
  [types.subscriptions]: { kind: 'configuration', keys: { StatusItems: required({ type: 'objects' }) } },
  [types.test]: {
    kind: 'configuration',
    keys: {
      Echo: required(text),
      EchoDataAssetReference: text,
      ReturnStatus: { type: 'string', oneOf: ['Installed', 'Failed', 'Unlocked'] },
    },
  },
  [types.passcode]: {
    kind: 'configuration',
    keys: {
      RequirePasscode: flag,
      RequireAlphanumericPasscode: flag,
      RequireComplexPasscode: flag,
      MinimumLength: number(0, 16),
      MinimumComplexCharacters: number(0, 4),
      MaximumFailedAttempts: number(2, 11),
      MaximumGracePeriodInMinutes: number(0),
      MaximumInactivityInMinutes: number(0, 15),
      MaximumPasscodeAgeInDays: number(0, 730),
      PasscodeReuseLimit: number(1, 50),
      ChangeAtNextAuth: flag,
      CustomRegex: { type: 'object' },
      FailedAttemptsResetInMinutes: number(0),
    },
  },
  [types.data]: {
    kind: 'asset',
    keys: { Reference: required({ type: 'object' }), Authentication: { type: 'object' } },
  },
  [types.organization]: {
    kind: 'management',
    keys: { Name: required(text), Email: text, URL: text, Proof: { type: 'object' } },
  },
  [types.properties]: { kind: 'management' },
  [types.serverCapabilities]: {
    kind: 'management',
    keys: { Version: required(text), SupportedFeatures: required({ type: 'object' }) },
  },
};

export const typesOf = (kind: DeclarationKind): string[] =>
  Object.keys(typeRules).filter((type) => typeRules[type]?.kind === kind);

const known = (kind: DeclarationKind, ...names: readonly string[]): string[] =>
  names.map((name) => `com.apple.${kind}.${name}`);

/** Types of Apple's schema (iOS 18.1, and those of other platforms) that this device does not carry out: known, not supported. */
export const unsupportedTypes: ReadonlySet<string> = new Set([
  ...known(
    'asset',
    ...['acme', 'certificate', 'identity', 'scep', 'userpassword'].map((name) => `credential.${name}`),
    'useridentity',
  ),
  ...known(
    'configuration',
    ...['caldav', 'carddav', 'exchange', 'google', 'ldap', 'mail', 'subscribed-calendar'].map(
      (name) => `account.${name}`,
    ),
    'app.managed',
    'diskmanagement.settings',
    'legacy.interactive',
    'math.settings',
    'safari.extensions.settings',
    'screensharing.connection',
    'screensharing.connection.group',
    'screensharing.host.settings',
    'security.certificate',
    'security.identity',
    'security.passkey.attestation',
    'services.background-tasks',
    'services.configuration-files',
    'softwareupdate.enforcement.specific',
    'softwareupdate.settings',
    'watch.enrollment',
  ),
]);
