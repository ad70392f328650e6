// Our tables against Apple's own, key by key and both ways. What differs on purpose is listed by name.
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { wifiForbids } from '../../../../protocol/apple-mdm/profile/check.js';
import {
  onePerDevice,
  onlyByMdm,
  supervisedTypes,
  userEnrollmentForbids,
} from '../../../../protocol/apple-mdm/profile/configuration.js';
import { familyOf } from '../../../../protocol/apple-mdm/profile/families.js';
import type { Rule, Table } from '../../../../protocol/apple-mdm/profile/rules.js';
import { commonRules, topLevelRules } from '../../../../protocol/apple-mdm/profile/top-level.js';
import { isSince } from '../../../../protocol/apple-mdm/request-types.js';
import { describeWithSchema, hasSchema, schemaNames, schemaText } from '../../../support/shared.js';

interface SchemaKey {
  readonly key: string;
  readonly type: string;
  readonly presence?: string;
  readonly rangelist?: readonly (string | number)[];
  readonly range?: { readonly min: number; readonly max: number };
  readonly format?: string;
  readonly repetition?: { readonly min: number; readonly max: number };
  readonly subkeys?: readonly SchemaKey[];
  readonly supportedOS?: { readonly iOS?: OnIos };
}
interface OnIos {
  readonly introduced?: string;
  readonly removed?: string;
  readonly multiple?: boolean;
  readonly supervised?: boolean;
  readonly allowmanualinstall?: boolean;
  readonly userenrollment?: { readonly mode: string };
}
interface Schema {
  readonly payload: { readonly payloadtype: string; readonly supportedOS?: { readonly iOS?: OnIos } };
  readonly payloadkeys: readonly SchemaKey[];
}
const schemaOf = (name: string): Schema => parse(schemaText(`mdm/profiles/${name}.yaml`));

/** Devices here begin at iOS 17: what went before is not looked at. */
const isRecent = (version: string): boolean => isSince(version, '17.1');

function compareTables(path: string, keys: readonly SchemaKey[], table: Table): string[] {
  const differences = Object.keys(table)
    .filter((key) => !keys.some((each) => each.key === key))
    .map((key) => `${path}${key}: not in the schema`);
  for (const key of keys) {
    const rule = table[key.key];
    const ios = key.supportedOS?.iOS;
    if (ios?.introduced === 'n/a' || (ios?.removed !== undefined && !isRecent(ios.removed))) {
      if (rule !== undefined) differences.push(`${path}${key.key}: iOS does not look at it`);
    } else if (rule === undefined) differences.push(`${path}${key.key}: not in our table`);
    else differences.push(...compareRule(`${path}${key.key}`, key, rule, key.presence === 'required'));
  }
  return differences;
}

function compareRule(path: string, key: SchemaKey, rule: Rule, isRequired: boolean): string[] {
  const differences: string[] = [];
  const same = (what: string, theirs: unknown, ours: unknown) => {
    if (JSON.stringify(theirs) !== JSON.stringify(ours)) differences.push(`${path}: another ${what}`);
  };
  same('type', key.type, `<${rule.type}>`);
  const introduced = key.supportedOS?.iOS?.introduced;
  same('version', introduced !== undefined && isRecent(introduced) ? introduced : undefined, rule.since);
  same('presence', isRequired, rule.required === true);
  same('list of values', key.rangelist, 'oneOf' in rule ? rule.oneOf : undefined);
  same('format', key.format, 'format' in rule ? rule.format?.source.replaceAll('\\/', '/') : undefined);
  if (rule.type === 'integer')
    same('range', key.range, rule.min === undefined ? undefined : { min: rule.min, max: rule.max });
  if (rule.type === 'string' && rule.orList) differences.push(`${path}: a list too`);
  if (rule.type === 'array') {
    const [item] = key.subkeys ?? [];
    same('count', item?.repetition, rule.min === undefined ? undefined : { min: rule.min, max: rule.max });
    if (item !== undefined) differences.push(...compareRule(`${path}[]`, item, rule.items, false));
  }
  if (rule.type === 'dictionary') {
    const [only, ...others] = key.subkeys ?? [];
    if (only?.key === 'ANY' && others.length === 0) {
      if (rule.every === undefined) differences.push(`${path}: not of any keys`);
      else differences.push(...compareRule(`${path}.*`, only, rule.every, false));
    } else differences.push(...compareTables(`${path}.`, key.subkeys ?? [], rule.keys ?? {}));
  }
  return differences;
}

const names = [
  'com.apple.mail.managed',
  'com.apple.eas.account',
  'com.apple.vpn.managed',
  'com.apple.vpn.managed.applayer',
  'com.apple.wifi.managed',
  'com.apple.security.root',
  'com.apple.security.pkcs1',
  'com.apple.security.pem',
  'com.apple.security.pkcs12',
  'com.apple.security.scep',
  'com.apple.security.acme',
  'com.apple.mobiledevice.passwordpolicy',
  'com.apple.mdm',
];

/** "The fields in this payload are the same as the VPN payload, with the addition of the fields shown below." */
const sharesKeysOf: Readonly<Record<string, readonly SchemaKey[]>> = hasSchema()
  ? { 'com.apple.vpn.managed.applayer': schemaOf('com.apple.vpn.managed').payloadkeys }
  : {};

/** Why: beside each. */
const deliberate: Readonly<Record<string, readonly string[]>> = {
  TopLevel: [
    'PayloadVersion: another list of values', // has a code of its own, 1001
    'PayloadContent: another presence', // so has its absence, 1005
    'ConsentText.ConsentTextItem: not in our table', // the schema's way to write "any language"
  ],
  CommonPayloadKeys: ['PayloadVersion: another list of values'], // 2001
  'com.apple.mdm': ['ServerURL: another format', 'CheckInURL: another format'], // http may be allowed, in code
  'com.apple.wifi.managed': ['ProxyServerPort: another range'], // 13005 rather than 2004
  'com.apple.vpn.managed': [
    'VPNType: another list of values', // without TransparentProxy, which is macOS only
  ],
  'com.apple.vpn.managed.applayer': ['VPNType: another list of values'],
  // "You can specify a single string or an array of strings for each key."
  'com.apple.security.scep': ['rfc822Name', 'dNSName', 'uniformResourceIdentifier', 'ntPrincipalName'].map(
    (key) => `PayloadContent.SubjectAltName.${key}: a list too`,
  ),
  'com.apple.security.acme': ['rfc822Name', 'dNSName', 'uniformResourceIdentifier', 'ntPrincipalName'].map(
    (key) => `SubjectAltName.${key}: a list too`,
  ),
};

describeWithSchema("Apple's schema of profiles", () => {
  const compared = (name: string, table: Table) =>
    compareTables('', [...schemaOf(name).payloadkeys, ...(sharesKeysOf[name] ?? [])], table)
      // A tunnel of an always-on VPN carries the keys of IKEv2, which the schema leaves out.
      .filter((difference) => !/^AlwaysOn\.TunnelConfigurations\[\]\..*: not in the schema$/.test(difference));

  it('and our table of the profile itself agree', () => {
    expect(compared('TopLevel', topLevelRules).sort()).toEqual([...(deliberate['TopLevel'] ?? [])].sort());
    expect(compared('CommonPayloadKeys', commonRules)).toEqual(deliberate['CommonPayloadKeys']);
  });

  for (const name of names) {
    it(`and our table of ${name} agree`, () => {
      const family = familyOf(name);
      expect(family).toBeDefined();
      expect(compared(name, family?.rules ?? {}).sort()).toEqual([...(deliberate[name] ?? [])].sort());
    });
  }

  describe('and our lists of types agree on', () => {
    const all = schemaNames('mdm/profiles')
      .map((name) => schemaOf(name.slice(0, -'.yaml'.length)).payload)
      .filter(({ payloadtype }) => !['TopLevel', 'CommonPayloadKeys'].includes(payloadtype))
      .flatMap(({ payloadtype, supportedOS }) => {
        const ios = supportedOS?.iOS;
        return ios === undefined || ios.introduced === 'n/a' ? [] : [{ type: payloadtype, ...ios }];
      });
    const types = (chosen: typeof all) => [...new Set(chosen.map(({ type }) => type))].sort();

    it('which need supervision', () => {
      expect([...supervisedTypes].sort()).toEqual(types(all.filter(({ supervised }) => supervised)));
    });
    it('which User Enrollment forbids', () => {
      const forbidden = all.filter(({ userenrollment }) => userenrollment?.mode === 'forbidden');
      expect([...userEnrollmentForbids].sort()).toEqual(types(forbidden));
    });
    it('which only MDM installs', () => {
      expect([...onlyByMdm].sort()).toEqual(types(all.filter((each) => each.allowmanualinstall === false)));
    });
    it('which a device has one of, as far as there is a code for a second', () => {
      const single = types(all.filter(({ multiple }) => multiple === false));
      expect([...onePerDevice.keys()].filter((type) => !single.includes(type))).toEqual([]);
    });
    it('the Wi-Fi keys that User Enrollment forbids', () => {
      const forbidden = schemaOf('com.apple.wifi.managed').payloadkeys.filter(
        (key) => key.supportedOS?.iOS?.userenrollment?.mode === 'forbidden',
      );
      expect([...wifiForbids].sort()).toEqual(forbidden.map(({ key }) => key).sort());
    });
  });
});
