import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { link } from '../../../protocol/apple-mdm/error-chain.js';
import { decodeResult, encodeResult, type MdmResult } from '../../../protocol/apple-mdm/result.js';
import { buildPlist } from '../../../protocol/plist/build.js';
import { parsePlistDict } from '../../../protocol/plist/parse.js';
import { dict, type PlistDict, PlistReal } from '../../../protocol/plist/value.js';
import { judgeResult } from '../../support/apple-schema.js';
import { describeWith } from '../../support/programs.js';
import { describeWithFixtures, describeWithSchema } from '../../support/shared.js';
import { capture, errorOf, resultNames } from './captures.js';

const udid = '00008120-0011223344556677';
const commandUuid = '76eda240-5488-4989-8339-f2ae160113c4';

const results: readonly MdmResult[] = [
  { udid, status: 'Idle' },
  { enrollmentId: 'E-1', status: 'Idle' },
  { udid, commandUuid, status: 'Acknowledged' },
  { udid, commandUuid: '<&>', status: 'NotNow' },
  { udid, commandUuid, status: 'CommandFormatError' },
  { udid, commandUuid, status: 'Acknowledged', requestType: 'DeviceLock' },
  { udid, commandUuid, status: 'Acknowledged', data: dict({ MessageResult: 'Success' }) },
  {
    udid,
    commandUuid,
    status: 'Acknowledged',
    data: dict({ QueryResponses: dict({ BatteryLevel: new PlistReal(0.5), IsSupervised: false }) }),
  },
  { udid, commandUuid, status: 'Error', errorChain: [link('mdm', 12021, '“X” is not a valid request type.')] },
  {
    udid,
    commandUuid,
    status: 'Error',
    errorChain: [{ ErrorCode: -1, ErrorDomain: 'DeviceManagement.error', LocalizedDescription: '' }],
    data: dict({ Identifier: 'org.example.app', RejectionReason: 'AppAlreadyInstalled' }),
  },
  { udid, status: 'Idle', user: { UserID: 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF', UserShortName: 'pat' } },
];

describe('results', () => {
  test.each(results)('$status is read as it was written', (result) => {
    expect(decodeResult(encodeResult(result))).toEqual(result);
  });

  test('the quick way writes what the general way writes', () => {
    const bare: MdmResult = { udid, commandUuid, status: 'Acknowledged' };
    expect(parsePlistDict(encodeResult({ ...bare, data: dict({}) }))).toEqual(parsePlistDict(encodeResult(bare)));
  });

  test('reals and integers stay apart', () => {
    const data = dict({ DeviceCapacity: new PlistReal(64), CellularTechnology: 3 });
    expect(decodeResult(encodeResult({ udid, commandUuid, status: 'Acknowledged', data })).data).toEqual(data);
  });

  test('data may not set what the envelope says', () => {
    const forged: MdmResult = { udid, commandUuid, status: 'Acknowledged', data: dict({ UDID: 'other' }) };
    expect(errorOf(() => encodeResult(forged))).toMatchObject({
      code: 'MDM_MALFORMED',
      details: { at: 'result/UDID' },
    });
  });

  test('nobody, two at once, and an answer to no command cannot be written', () => {
    expect(errorOf(() => encodeResult({ status: 'Idle' })).code).toBe('MDM_MALFORMED');
    expect(errorOf(() => encodeResult({ udid, enrollmentId: 'E', status: 'Idle' })).code).toBe('MDM_MALFORMED');
    expect(errorOf(() => encodeResult({ udid, status: 'NotNow' })).code).toBe('MDM_MALFORMED');
  });
});

describe('a result is refused', () => {
  const done: PlistDict = { UDID: udid, CommandUUID: commandUuid, Status: 'Acknowledged' };
  const failed = (entry: PlistDict): PlistDict => ({ ...done, Status: 'Error', ErrorChain: [dict(entry)] });

  test.each<[string, PlistDict, string]>([
    ['no identifier', { ...done, UDID: undefined }, 'result/UDID'],
    ['both identifiers', { ...done, EnrollmentID: 'E' }, 'result/EnrollmentID'],
    ['no Status', { ...done, Status: undefined }, 'result/Status'],
    ['a Status that nobody knows', { ...done, Status: 'Maybe' }, 'result/Status'],
    ['a Status in lower case', { ...done, Status: 'idle' }, 'result/Status'],
    ['no CommandUUID though it is no Idle', { ...done, CommandUUID: undefined }, 'result/CommandUUID'],
    ['a CommandUUID that is an integer', { ...done, CommandUUID: 4 }, 'result/CommandUUID'],
    ['an ErrorChain that is a dictionary', { ...done, ErrorChain: dict({}) }, 'result/ErrorChain'],
    ['an ErrorChain of strings', { ...done, ErrorChain: ['bad'] }, 'result/ErrorChain/0'],
    ['a link without a code', failed({ ErrorDomain: 'D', LocalizedDescription: '' }), 'result/ErrorChain/0/ErrorCode'],
    ['a link whose code is text', failed({ ErrorCode: '1' }), 'result/ErrorChain/0/ErrorCode'],
    ['a link whose code is beyond 2^53', failed({ ErrorCode: 2n ** 60n }), 'result/ErrorChain/0/ErrorCode'],
  ])('with %s', (_, message, at) => {
    expect(errorOf(() => decodeResult(buildPlist(dict(message))))).toMatchObject({
      code: 'MDM_MALFORMED',
      details: { at },
    });
  });

  test('beyond a mebibyte, unless the caller raises the limit', () => {
    const data = dict({ CertificateList: [dict({ Data: Buffer.alloc(1024 * 1024) })] });
    const bytes = encodeResult({ udid, commandUuid, status: 'Acknowledged', data });
    expect(errorOf(() => decodeResult(bytes)).code).toBe('PLIST_LIMIT');
    const { data: read } = decodeResult(bytes, { maxBytes: 4e6, maxDepth: 64, maxNodes: 1000 });
    expect(buildPlist(read ?? '').equals(buildPlist(data))).toBe(true);
  });
});

describeWithFixtures('results of real devices', () => {
  test.each(resultNames)('%s is read, and rebuilt as an equal property list', (name) => {
    const result = decodeResult(capture(name));
    expect(parsePlistDict(encodeResult(result))).toEqual(parsePlistDict(capture(name)));
  });

  test('an unknown request is refused with MCMDMErrorDomain 12021', () => {
    const result = decodeResult(capture('commandment-Errors-error_invalid_request_type.plist'));
    expect(result).toMatchObject({
      status: 'Error',
      errorChain: [link('mdm', 12021, '“OSUpdateStatus” is not a valid request type.')],
    });
  });

  test('a CommandFormatError has no chain', () => {
    const result = decodeResult(capture('commandment-Errors-iOS-11.3.1-CommandFormatError.xml'));
    expect(result).toMatchObject({ status: 'CommandFormatError', errorChain: undefined, data: undefined });
  });
});

/** What each capture answers; NotNow and the two errors could answer any command. */
const requestOf = (name: string): string => /(?:IOS|commandment|nanomdm)-([A-Za-z]+)/.exec(name)?.[1] ?? '';

describeWithSchema("results by Apple's schema", () => {
  test.each(resultNames.filter((name) => !/NotNow|Errors|nanomdm/.test(name)))('%s has no problem', (name) => {
    const rebuilt = parsePlistDict(encodeResult(decodeResult(capture(name))));
    expect(judgeResult(requestOf(name), rebuilt).filter((problem) => !isOfItsTime(name, problem))).toEqual([]);
  });

  test.each(resultNames.filter((name) => /NotNow|Errors/.test(name)))('%s owes no answer', (name) => {
    expect(judgeResult('ProfileList', parsePlistDict(capture(name)))).toEqual([]);
  });
});

/** iOS 11 left out the PayloadUUID of payloads, which the schema of iOS 18 requires, and sent keys of Shared iPad to all. */
const isOfItsTime = (name: string, problem: string): boolean =>
  name.includes('11.3.1') && /PayloadContent\/\d+\/PayloadUUID: missing|only on a Shared iPad/.test(problem);

describeWith('xmllint')('xmllint', () => {
  test.each(results)('accepts the $status that we write', (result) => {
    execFileSync('xmllint', ['--noout', '--nonet', '-'], { input: encodeResult(result), stdio: 'pipe' });
  });
});
