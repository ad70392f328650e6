import { describe, expect, test } from 'vitest';
import {
  contentTypes,
  type ErrorResponse,
  errorCodes,
  mdmSignatureHeader,
  readErrorResponse,
  writeErrorResponse,
} from '../../../protocol/apple-mdm/http-errors.js';
import { parsePlistDict } from '../../../protocol/plist/parse.js';
import { judgeErrorResponse, schemaFile } from '../../support/apple-schema.js';
import { describeWithSchema, schemaNames } from '../../support/shared.js';

const gone: ErrorResponse = {
  code: errorCodes.unrecognizedDevice,
  description: 'for the log',
  message: 'Ask <IT> & wait',
};
const update: ErrorResponse = {
  code: errorCodes.softwareUpdateRequired,
  details: { OSVersion: '18.1', RequireBetaProgram: { Description: 'beta', Token: 't' } },
};

describe('the body of a 403', () => {
  test.each([gone, update])('$code is read as it was written, as JSON and as a property list', (response) => {
    for (const form of ['json', 'plist'] as const) {
      const { contentType, body } = writeErrorResponse(response, form);
      expect(readErrorResponse(contentType, body)).toEqual(response);
    }
  });

  test('may say its character set, and its type in capitals', () => {
    const { body } = writeErrorResponse(gone);
    expect(readErrorResponse('Application/JSON; charset=utf-8', body)).toEqual(gone);
    expect(readErrorResponse('text/xml;charset=UTF-8', writeErrorResponse(gone, 'plist').body)).toEqual(gone);
  });

  test('keeps fractions, in both forms', () => {
    const details = { Ratio: 0.5, Count: 3, IsFinal: true };
    const { contentType, body } = writeErrorResponse({ code: 'x', details }, 'plist');
    expect(readErrorResponse(contentType, body)?.details).toEqual(details);
  });

  const json = JSON.stringify(gone);
  test.each<[string, string | undefined, string]>([
    ['has no content type', undefined, json],
    ['is a page', 'text/html', '<html><body>403 Forbidden</body></html>'],
    ['says JSON and is none', 'application/json', 'Forbidden'],
    ['says property list and is JSON', 'application/xml', json],
    ['has no code', 'application/json', '{"message":"x"}'],
    ['has a code that is a number', 'application/json', '{"code":403}'],
    ['is a list', 'application/json', `[${json}]`],
    ['is empty', 'application/json', ''],
    ['is longer than such a document', 'application/json', JSON.stringify({ ...gone, message: 'x'.repeat(70_000) })],
    ['is a tower', 'application/json', `{"code":"x","details":${'['.repeat(90)}${']'.repeat(90)}}`],
  ])('counts for nothing when it %s', (_, type, body) => {
    expect(readErrorResponse(type, Buffer.from(body))).toBeUndefined();
  });

  test('loses only what is of the wrong type beside its code', () => {
    const body = Buffer.from('{"code":"c","message":5,"description":null,"details":["x"]}');
    expect(readErrorResponse('application/json', body)).toEqual({ code: 'c' });
  });
});

describe('the names of HTTP', () => {
  test('are those that devices send', () => {
    expect(contentTypes.checkin).toBe('application/x-apple-aspen-mdm-checkin');
    expect(contentTypes.connect).toBe('application/x-apple-aspen-mdm; charset=UTF-8');
    expect(mdmSignatureHeader).toBe('mdm-signature');
  });
});

describeWithSchema("the bodies of 403 by Apple's schema", () => {
  test('have no problem', () => {
    for (const response of [gone, update]) {
      expect(judgeErrorResponse(response.code, JSON.parse(writeErrorResponse(response).body.toString()))).toEqual([]);
      expect(judgeErrorResponse(response.code, parsePlistDict(writeErrorResponse(response, 'plist').body))).toEqual([]);
    }
  });

  test('carry the codes that the schema knows, all of them', () => {
    const known = schemaNames('mdm/errors').flatMap(
      (name) => schemaFile(`mdm/errors/${name}`).payloadkeys?.[0]?.rangelist,
    );
    expect(Object.values(errorCodes).sort()).toEqual(known.sort());
  });
});
