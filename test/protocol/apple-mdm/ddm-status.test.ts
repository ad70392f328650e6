import { describe, expect, test } from 'vitest';
import {
  clientCapabilities,
  encodeStatusReport,
  nest,
  readDeclarationStatuses,
  readStatusReport,
  reason,
  reasonCodes,
  type StatusReport,
  statusItem,
  writeDeclarationStatuses,
} from '../../../protocol/apple-mdm/ddm-status.js';
import { judgeDdm, judgeStatusItem, schemaFile } from '../../support/apple-schema.js';
import { describeWithSchema } from '../../support/shared.js';
import { errorOf } from './captures.js';

const statuses = {
  activations: [{ identifier: 'a', 'server-token': '1', active: true, valid: 'valid' as const }],
  configurations: [
    {
      identifier: 'c',
      'server-token': '2',
      active: false,
      valid: 'invalid' as const,
      reasons: [reason('Error.ConfigurationIsInvalid', 'no', { Error: 'Echo is missing' })],
    },
  ],
  assets: [],
  management: [],
};

const capabilities = clientCapabilities({
  activations: ['com.apple.activation.simple'],
  configurations: ['com.apple.configuration.management.test', 'com.apple.configuration.passcode.settings'],
  statusItems: ['device.model.family', 'management.declarations'],
});

const everything: StatusReport = {
  StatusItems: nest(
    'management.declarations',
    writeDeclarationStatuses(statuses),
    nest('management.client-capabilities', capabilities, nest('device.model.family', 'iPhone')),
  ),
  Errors: [
    { StatusItem: 'mdm.app', Reasons: [{ Code: 'Error.Unknown', Description: 'none', Details: { Domain: 'd' } }] },
  ],
  FullReport: true,
};

describe('a status report', () => {
  test('is read as it was written', () => {
    expect(readStatusReport(encodeStatusReport(everything))).toEqual(everything);
    const least: StatusReport = { StatusItems: {}, Errors: [] };
    expect(readStatusReport(encodeStatusReport(least))).toEqual(least);
  });

  test('nests its items by the dots of their names', () => {
    expect(nest('device.model.family', 'iPhone')).toEqual({ device: { model: { family: 'iPhone' } } });
    const two = nest('device.model.identifier', 'iPhone15,2', nest('device.model.family', 'iPhone'));
    expect(two).toEqual({ device: { model: { family: 'iPhone', identifier: 'iPhone15,2' } } });
    expect(statusItem(two, 'device.model.identifier')).toBe('iPhone15,2');
    expect(statusItem(two, 'device.model.marketing-name')).toBeUndefined();
    expect(statusItem(two, 'device.model.family.length')).toBeUndefined();
  });

  test('takes no two values in one place', () => {
    const items = nest('device.model', 'x');
    expect(errorOf(() => nest('device.model.family', 'y', items)).code).toBe('DDM_MALFORMED');
    expect(errorOf(() => nest('device.model', 'y', items)).code).toBe('DDM_MALFORMED');
  });

  test('takes the names of an object for names', () => {
    const items = nest('__proto__.polluted', true, {});
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(statusItem(items, '__proto__.polluted')).toBe(true);
    expect(statusItem({}, 'constructor')).toBeUndefined();
  });

  test('tells what became of each declaration', () => {
    expect(readDeclarationStatuses(readStatusReport(encodeStatusReport(everything)))).toEqual(statuses);
    expect(readDeclarationStatuses({ StatusItems: {}, Errors: [] })).toBeUndefined();
  });

  test.each<[string, unknown, string]>([
    ['no StatusItems', { Errors: [] }, 'status/StatusItems'],
    ['no Errors', { StatusItems: {} }, 'status/Errors'],
    ['Errors that are an object', { StatusItems: {}, Errors: {} }, 'status/Errors'],
    ['an error of no item', { StatusItems: {}, Errors: [{}] }, 'status/Errors/0/StatusItem'],
    [
      'a reason without Code',
      { StatusItems: {}, Errors: [{ StatusItem: 'x', Reasons: [{}] }] },
      'status/Errors/0/Reasons/0/Code',
    ],
    ['a FullReport that is text', { StatusItems: {}, Errors: [], FullReport: 'yes' }, 'status/FullReport'],
  ])('is refused with %s', (_, report, at) => {
    const error = errorOf(() => readStatusReport(Buffer.from(JSON.stringify(report))));
    expect(error).toMatchObject({ code: 'DDM_MALFORMED', details: { at } });
  });

  test.each<[string, unknown]>([
    ['are a list', []],
    ['lack the assets', { ...statuses, assets: undefined }],
    ['have a validity that nobody knows', { ...statuses, assets: [{ ...statuses.activations[0], valid: 'perhaps' }] }],
    ['are active by a number', { ...statuses, assets: [{ ...statuses.activations[0], active: 1 }] }],
  ])('is refused when its declarations %s', (_, declarations) => {
    const text = JSON.stringify({ StatusItems: { management: { declarations } }, Errors: [] });
    const report = readStatusReport(Buffer.from(text));
    expect(errorOf(() => readDeclarationStatuses(report)).code).toBe('DDM_MALFORMED');
  });
});

describeWithSchema("status reports by Apple's schema", () => {
  test('what we write has no problem', () => {
    expect(judgeDdm('StatusReport', JSON.parse(encodeStatusReport(everything).toString()))).toEqual([]);
    expect(judgeStatusItem('management.declarations', statuses)).toEqual([]);
    expect(judgeStatusItem('management.client-capabilities', capabilities)).toEqual([]);
    expect(judgeStatusItem('device.model.family', 'iPhone')).toEqual([]);
  });

  test("the reason codes and their details are the schema's, and one that came later", () => {
    const { reasons = [] } = schemaFile('declarative/declarations/declarationbase.yaml');
    const expected = reasons.map(({ value, details = [] }) => [value, details.map((detail) => detail.key)]);
    const { 'Error.UnknownDeclarationType': later, ...ours } = reasonCodes;
    expect(Object.entries(ours)).toEqual(expected);
    expect(later).toEqual(['UnknownDeclarationType']); // Apple's DeclarationBase page, and fleetdm/fleet 30835 (a device's report)
  });
});
