import { expect, it } from 'vitest';
import { commandLineError } from '../../base/command-line.js';
import { failureJson, toJsonText } from '../../base/failure-json.js';

it('of an error of ours is its code, what to do, and what lies behind it, without its secrets', () => {
  const cause = new Error('ENOSPC: no space left', { cause: new Error('it cannot be written') });
  const error = commandLineError('FILE_UNUSABLE', 'it cannot be written', {
    cause,
    details: { path: 'x', token: 'hidden', nested: { password: 'hidden' } },
  });
  expect(failureJson(error)).toEqual({
    code: 'FILE_UNUSABLE',
    message: 'it cannot be written',
    hint: 'Check the name of the file or folder, and its permissions.',
    retry: false,
    details: { path: 'x', token: '[secret]', nested: { password: '[secret]' } },
    causes: ['ENOSPC: no space left'],
  });
});

it('of a refusal says what the authority wants done', () => {
  const refusal = commandLineError('USAGE', 'refused', { details: { remedies: 'Ask Anna.' } });
  expect(failureJson(commandLineError('USAGE', 'no', { cause: refusal })).hint).toBe('Ask Anna.');
});

it.each([
  [Object.assign(new Error('listen'), { code: 'EADDRINUSE', syscall: 'listen' }), 'EADDRINUSE'],
  [new TypeError('x is undefined'), 'BUG'],
  ['thrown text', 'BUG'],
])('of anything else has a code too', (thrown, code) => {
  expect(failureJson(thrown)).toMatchObject({ code, details: {}, causes: [] });
});

it('JSON of anything is JSON: bytes as base64, big integers as text, undefined left out', () => {
  const value = {
    bytes: Buffer.from('hi'),
    big: 2n ** 70n,
    none: undefined,
    list: [new Uint8Array([1])],
    at: new Date(0),
  };
  expect(JSON.parse(toJsonText(value))).toEqual({
    bytes: 'aGk=',
    big: '1180591620717411303424',
    list: ['AQ=='],
    at: '1970-01-01T00:00:00.000Z',
  });
});
