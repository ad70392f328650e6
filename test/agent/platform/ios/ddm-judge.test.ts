import { describe, expect, it } from 'vitest';
import { judge } from '../../../../agent/platform/ios/ddm/judge.js';
import { types } from '../../../../agent/platform/ios/ddm/types.js';

type Payload = Parameters<typeof judge>[0]['payload'];

const codes = (type: string, payload: Payload, kind: 'configuration' | 'activation' | 'asset' = 'configuration') =>
  judge({ kind, identifier: 'd', serverToken: 't', type, payload }).map(({ code }) => code);
const undeserializable = ['Error.ConfigurationCannotBeDeserialized'];

describe('a declaration', () => {
  it.each([
    ['MinimumLength', [0, 1, 16], [-1, 17, 4.5, 1e300, '8', true, null, [8]]],
    ['MaximumFailedAttempts', [2, 11], [1, 12]],
    ['MaximumGracePeriodInMinutes', [0, 100_000], [-1, 0.5]],
    ['RequirePasscode', [true, false], [0, 1, 'true']],
    ['CustomRegex', [{}, { Regex: 'x' }], ['x', [], null]],
  ] as const)('of a passcode takes %s as the schema has it, at its bounds too', (key, good, bad) => {
    for (const value of good) expect(codes(types.passcode, { [key]: value })).toEqual([]);
    for (const value of bad) expect(codes(types.passcode, { [key]: value })).toEqual(undeserializable);
  });

  it.each([
    [types.simple, 'activation', { StandardConfigurations: ['a'] }, { StandardConfigurations: [1] }],
    [types.subscriptions, 'configuration', { StatusItems: [{ Name: 'x' }] }, { StatusItems: ['x'] }],
    [types.test, 'configuration', { Echo: 'x', ReturnStatus: 'Failed' }, { Echo: 'x', ReturnStatus: 'Done' }],
    [types.test, 'configuration', { Echo: '' }, {}],
  ] as const)('of the type %s is judged by its keys', (type, kind, good, bad) => {
    expect(codes(type, good, kind)).toEqual([]);
    expect(codes(type, bad, kind)).toEqual(undeserializable);
  });

  it('of no type, a type that is not known, or one of another kind or that is not carried out is told apart', () => {
    expect(codes('', {})).toEqual(['Error.InvalidPayload']);
    for (const type of ['com.example.none', '__proto__', 'toString'])
      expect(codes(type, {})).toEqual(['Error.UnknownDeclarationType']);
    expect(codes('com.apple.configuration.math.settings', {})).toEqual(['Error.ConfigurationNotSupported']);
    expect(codes(types.passcode, {}, 'asset')).toEqual(['Error.ConfigurationNotSupported']);
  });

  it('with keys that its type does not have names them', () => {
    const [answer] = judge({
      kind: 'configuration',
      identifier: 'd',
      serverToken: 't',
      type: types.passcode,
      payload: { MinimumLength: 4, toString: 1, More: 2 },
    });
    expect(answer).toMatchObject({
      code: 'Error.UnknownPayloadKeys',
      details: { UnknownPayloadKeys: ['toString', 'More'] },
    });
  });
});
