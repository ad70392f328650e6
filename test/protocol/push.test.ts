import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRollcallError } from '../../base/errors.js';
import {
  decodePushToClient,
  decodePushToServer,
  encodePush,
  type PushToClient,
  type PushToServer,
  pushLimits,
} from '../../protocol/push.js';

const malformed = expect.objectContaining({ code: 'PUSH_MALFORMED' });
const token = 'ab'.repeat(32);
const id = '5b0bd0a8-4e1c-4d1c-9c1a-1f6f3a6b7c8d';

const toServer: PushToServer[] = [
  { type: 'register', tokens: [token, '00'] },
  { type: 'unregister', tokens: [] },
  { type: 'received', id },
];
const toClient: PushToClient[] = [
  { type: 'registered', tokens: [token] },
  { type: 'notification', token, id, payload: '{"mdm":"ä \\u0000"}' },
];

describe('the messages of push connections', () => {
  it('are read back as they were written, from text and from bytes', () => {
    for (const message of toServer) {
      expect(decodePushToServer(encodePush(message))).toEqual(message);
      expect(decodePushToServer(Buffer.from(encodePush(message)))).toEqual(message);
    }
    for (const message of toClient) expect(decodePushToClient(Buffer.from(encodePush(message)))).toEqual(message);
  });

  it('of one side are not taken from the other', () => {
    for (const message of toClient) expect(() => decodePushToServer(encodePush(message))).toThrow(malformed);
    for (const message of toServer) expect(() => decodePushToClient(encodePush(message))).toThrow(malformed);
  });

  it.each([
    ['no JSON', '{'],
    ['no object', 'null'],
    ['a list', '[{"type":"received","id":"x"}]'],
    ['no tokens', '{"type":"register"}'],
    ['a token that is no text', '{"type":"register","tokens":[1]}'],
    ['a token in upper case', `{"type":"register","tokens":["${'AB'.repeat(32)}"]}`],
    ['half a byte', '{"type":"register","tokens":["abc"]}'],
    ['a token of no length', '{"type":"register","tokens":[""]}'],
    ['a token too long', `{"type":"register","tokens":["${'ab'.repeat(101)}"]}`],
    ['too many tokens', encodePush({ type: 'register', tokens: new Array(pushLimits.maxTokens + 1).fill('00') })],
    ['an id that is none', '{"type":"received","id":"a b"}'],
    ['too many bytes', `{"type":"received","id":"x","y":"${'y'.repeat(pushLimits.maxBytes)}"}`],
  ])('are refused with %s', (_, text) => {
    expect(() => decodePushToServer(text)).toThrow(malformed);
  });

  it('carry no payload that is too long or no text', () => {
    const payload = 'x'.repeat(pushLimits.maxPayloadLength);
    const message: PushToClient = { type: 'notification', token, id, payload };
    expect(decodePushToClient(encodePush(message))).toEqual(message);
    for (const wrong of [`${payload}x`, 1, null])
      expect(() => decodePushToClient(JSON.stringify({ ...message, payload: wrong }))).toThrow(malformed);
  });

  it('are read or refused, whatever arrives', () => {
    const reads = [decodePushToServer, decodePushToClient];
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.uint8Array()), (message) => {
        for (const read of reads) {
          try {
            read(message);
          } catch (error) {
            if (!isRollcallError(error, 'PUSH_MALFORMED')) throw error;
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});
