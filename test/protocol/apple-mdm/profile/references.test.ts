// Every reference to a certificate in Apple's schema: within the profile, to a payload of the right kind, or refused.
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { references } from '../../../../protocol/apple-mdm/profile/references.js';
import { dict, type PlistDict, type PlistValue } from '../../../../protocol/plist/value.js';
import { describeWithSchema, schemaNames, schemaText } from '../../../support/shared.js';
import { codesOf, payload, root, rootUuid, scep, scepUuid, uuid } from './make.js';

/** The payload with this value at the path; `*` is a list of one. */
const nested = (path: readonly string[], value: PlistValue): PlistValue => {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  return key === '*' ? [nested(rest, value)] : dict({ [key]: nested(rest, value) });
};
const withReference = (type: string, path: readonly string[], value: PlistValue): PlistDict => {
  const content = nested(path, value);
  return payload(type, 5, { ...(content as PlistDict) });
};

describe('a reference of a payload that is kept as it comes', () => {
  const all = [...references].flatMap(([type, list]) => list.map((each) => [type, each.path.join('.'), each] as const));

  it.each(all)('%s %s must lead to a payload of the profile, of its kind', (type, _name, { path, to }) => {
    const made = (target: string) => withReference(type, path, to === 'certificate' ? [target] : target);
    const own: Readonly<Record<string, number>> = { 'com.apple.sso': 34004, 'com.apple.webcontent-filter': 40001 };
    const refused = [4001, 1009, own[type] ?? 12005];
    const [right, wrong] = to === 'identity' ? [scepUuid, rootUuid] : [rootUuid, scepUuid];
    expect(codesOf([made(right), root(), scep()])).toBeUndefined();
    expect(codesOf([made(wrong), root(), scep()])).toEqual(refused);
    expect(codesOf([made(uuid(77)), root(), scep()])).toEqual(refused);
    expect(codesOf([made(right)])).toEqual(refused); // of another profile
  });

  it('that is not there is none', () => {
    for (const [type] of references) expect(codesOf([payload(type, 5, {})])).toBeUndefined();
  });
});

interface SchemaKey {
  readonly key: string;
  readonly subkeys?: readonly SchemaKey[];
  readonly supportedOS?: { readonly iOS?: { readonly introduced?: string } };
}

/** What looks like a reference and is none, or is judged beside its own payload's rules. */
const elsewhere: Readonly<Record<string, string>> = {
  'com.apple.mail.managed': 'smime.ts',
  'com.apple.eas.account': 'eas.ts, smime.ts',
  'com.apple.vpn.managed': 'vpn.ts',
  'com.apple.vpn.managed.applayer': 'vpn.ts',
  'com.apple.wifi.managed': 'wifi.ts',
  'com.apple.mdm': 'mdm.ts',
};

describeWithSchema("Apple's schema", () => {
  it('has no reference to a certificate that nobody judges', () => {
    const found = new Map<string, Set<string>>();
    const walk = (type: string, keys: readonly SchemaKey[] | undefined, depth: number): void => {
      if (depth > 5) return; // some subkeys refer to themselves
      for (const { key, subkeys, supportedOS } of keys ?? []) {
        if (supportedOS?.iOS?.introduced === 'n/a') continue;
        if (/certificate(anchor)?uuids?$/i.test(key)) found.set(type, (found.get(type) ?? new Set()).add(key));
        walk(type, subkeys, depth + 1);
      }
    };
    for (const name of schemaNames('mdm/profiles')) {
      const { payload: about, payloadkeys } = parse(schemaText(`mdm/profiles/${name}`));
      const ios = about.supportedOS?.iOS?.introduced;
      if (ios !== undefined && ios !== 'n/a') walk(about.payloadtype, payloadkeys, 0);
    }
    for (const [type, keys] of found) {
      if (elsewhere[type] !== undefined) continue;
      const judged = (references.get(type) ?? []).map(({ path }) => path.at(-1));
      expect([type, [...keys].filter((key) => !judged.includes(key))]).toEqual([type, []]);
    }
    expect(found.size).toBeGreaterThan(8);
  });
});
