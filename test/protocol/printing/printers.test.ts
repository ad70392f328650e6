import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { isSecretName } from '../../../base/secret-names.js';
import { buildPlist } from '../../../protocol/plist/build.js';
import { headerPrinters, printBody, printers, printHeader, printLimits } from '../../../protocol/printers.js';
import { command } from '../../../protocol/vocabulary/command.js';
import { secretNames } from '../../../protocol/vocabulary/mask.js';
import { createCmsSigner } from '../../../protocol/x509/cms.js';
import { inputsPerCodec, keepsLittle, seed } from '../../fuzz/law.js';
import { damaged } from '../../fuzz/mutations.js';
import { computedMs } from '../../support/computed.js';
import { describeWithSchema, schemaNames, schemaText } from '../../support/shared.js';
import { authority, noon, rsaKey } from '../x509/identities.js';
import { profile, samples, spellings } from './samples.js';

const all = Object.entries(samples);
const printed = (contentType: string, body: Uint8Array) => printBody(contentType, body).join('\n');

describe('every printer', () => {
  it('has a sample of what it shows', () => {
    const inner = { inner: () => [] };
    for (const { name, handles, print } of printers) {
      const own = all.filter(([, { contentType, body }]) => handles(contentType.split(';')[0] ?? '', body));
      expect(own.length, name).toBeGreaterThan(0);
      expect(
        own.some(([, { body }]) => attempt(() => print(body, inner).length > 0)),
        name,
      ).toBe(true);
    }
    expect(headerPrinters.map(({ header }) => header)).toEqual(['mdm-signature']);
  });

  it.each(all)('shows %s without its secrets, and the rest of it', (_, { contentType, body, shows }) => {
    const text = printed(contentType, body);
    for (const spelling of spellings) expect(text).not.toContain(spelling);
    for (const part of shows) expect(text).toContain(part);
  });

  it.each(all)('shows %s as well where nobody says what it is', (_, { body }) => {
    for (const contentType of ['', 'text/plain', 'application/octet-stream', 'application/json']) {
      const text = printed(contentType, body);
      for (const spelling of spellings) expect(text).not.toContain(spelling);
    }
  });

  it('throws at nothing, and shows a bounded part of it, whatever arrives', () => {
    const types = fc.constantFrom(...all.map(([, { contentType }]) => contentType), '');
    const bodies = damaged(all.map(([, { body }]) => body));
    const property = fc.property(types, bodies, (contentType, body) => {
      const lines = printBody(contentType, body);
      expect(lines.length).toBeLessThanOrEqual(printLimits.maxLines + 1);
      for (const line of lines) {
        expect(line.length).toBeLessThanOrEqual(printLimits.maxLine + 40);
        expect(line).not.toContain('\n');
      }
    });
    keepsLittle(() => fc.assert(property, { numRuns: inputsPerCodec, seed }));
  });

  it('takes no long time over what is made to take it', () => {
    const wide = Array.from({ length: 400 }, () => Array.from({ length: 450 }, () => 'a=b'));
    const texts = [
      '-eyJ',
      'aaaa',
      '<a ',
      '<a',
      '"a',
      '\\"a',
      '<key>',
      '-----BEGIN PRIVATE KEY-----',
      'Basic ',
      'a: ',
      '{',
      '[{"a":',
    ];
    const bodies = [
      buildPlist(wide),
      ...texts.map((text) => Buffer.from(text.repeat(Math.floor(1_000_000 / text.length)))),
      ...texts.map((text) =>
        Buffer.from(JSON.stringify(Array(45).fill(text.repeat(Math.floor(20_000 / text.length))))),
      ),
    ];
    for (const [index, body] of bodies.entries()) {
      const begun = computedMs();
      printBody('text/plain', body);
      expect([index, computedMs() - begun < 1_500]).toEqual([index, true]);
    }
  });

  it('bounds what is long, wide or deep', () => {
    const json = (value: unknown) => printBody('application/json', Buffer.from(JSON.stringify(value)));
    expect(json(Array.from({ length: 20_000 }, (_, at) => ({ at })))).toHaveLength(501);
    expect(json('x'.repeat(500_000)).join('').length).toBeLessThan(500);
    const deep = `${'['.repeat(20_000)}1${']'.repeat(20_000)}`;
    expect(printBody('application/json', Buffer.from(deep)).length).toBeLessThanOrEqual(printLimits.maxLines + 1);
    let nested = buildPlist({ Level: 'innermost' });
    for (let level = 0; level < 12; level++) nested = buildPlist({ Data: nested });
    const text = printed('', nested);
    expect(text.match(/Data: <[\d,]+ bytes/g)).toHaveLength(6); // five of them opened, the sixth by its length alone
    expect(text).not.toContain('innermost');
    expect(printBody('text/html', Buffer.alloc(2_000_000, 'a ')).join('').length).toBeLessThan(5_000);
  });
});

it('summarises the header with a signature', () => {
  const ca = authority(rsaKey(1024));
  const value = createCmsSigner(ca.certificate, ca.privateKey).sign(undefined, noon, {}).toString('base64');
  expect(printHeader('Mdm-Signature', value)?.join('\n')).toMatch(
    /^CMS signed data \(detached\)\n +signer O=Rollcall test.*sha256, at 2026-11-21T12:00:00.000Z$/,
  );
  expect(printHeader('Accept', '*/*')).toBeUndefined();
  expect(printHeader('Mdm-Signature', '\u0000')).toBeDefined();
});

it('shows a profile in a command as the profile that it is', () => {
  const lines = printBody('', profile);
  expect(lines.slice(0, 9)).toEqual([
    'PayloadType: "Configuration"',
    'PayloadDisplayName: "shown profile"',
    'PayloadContent:',
    '  - PayloadType: "com.apple.security.scep"',
    '    PayloadIdentifier: "shown.com.apple.security.scep"',
    '    PayloadVersion: 1',
    '    PayloadContent:',
    '      URL: "https://shown.example/scep"',
    '      Challenge: [secret]',
  ]);
});

describe('the names of secrets', () => {
  it('are those of every field that a description marks as one', () => {
    const names = [...secretNames(command as z.ZodType)];
    expect(names.length).toBeGreaterThan(3);
    expect(names.filter((name) => !isSecretName(name))).toEqual([]);
  });

  it('are not those of what is said about them', () => {
    const harmless = [
      ...['TokenServiceType', 'DeclarationsToken', 'ServerToken', 'server-token', 'PasscodeType', 'maxPINAgeInDays'],
      ...['PasscodePolicy', 'TokenRequestURL', 'passwordContentRegex', 'Spinning', 'KeySize', 'Key Type', 'UDID'],
    ];
    expect(harmless.filter(isSecretName)).toEqual([]);
  });
});

describeWithSchema("the names in Apple's schema", () => {
  it('that hold passwords, tokens and the like are known', () => {
    const files = ['mdm/commands', 'mdm/profiles', 'mdm/checkin', 'declarative/declarations/assets'].flatMap((folder) =>
      schemaNames(folder)
        .filter((name) => name.endsWith('.yaml'))
        .map((name) => schemaText(`${folder}/${name}`)),
    );
    const names = new Set(
      files.flatMap((text) =>
        [...text.matchAll(/- key: (\S+)\n\s+(?:title: .*\n\s+)?type: <(?:string|data)>/g)].map(([, name = '']) => name),
      ),
    );
    const secrets = [...names].filter((name) => /password$|secret$|^challenge$|^pin$|magic$|bypasscode$/i.test(name));
    expect(secrets.length).toBeGreaterThan(20);
    expect(secrets.filter((name) => !isSecretName(name))).toEqual([]);
  });
});

function attempt(act: () => boolean): boolean {
  try {
    return act();
  } catch {
    return false;
  }
}
