import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRollcallError } from '../../base/errors.js';
import {
  decodeResourceAnswer,
  decodeResourceAsk,
  encodeResourceAnswer,
  encodeResourceAsk,
  gatePath,
  readGatePath,
} from '../../protocol/resource-gate.js';
import { profileKinds } from '../../protocol/vocabulary.js';

const malformed = expect.objectContaining({ code: 'GATE_MALFORMED' });
const body = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe('the resource gate', () => {
  it('has a path for each kind of profile and no other', () => {
    for (const kind of profileKinds) expect(readGatePath(gatePath(kind))).toBe(kind);
    for (const path of ['/resources', '/resources/', '/resources/printer', '/resources/wifi/', 'resources/wifi'])
      expect(readGatePath(path)).toBeUndefined();
  });

  it('is asked with whatever the profile gave', () => {
    const whole = { deviceId: 'd', name: 'Büro', username: 'u', secret: 's', certificate: Buffer.from([0, 255]) };
    for (const ask of [whole, { deviceId: 'd', name: 'n' }])
      expect(decodeResourceAsk(Buffer.from(encodeResourceAsk(ask)))).toEqual(ask);
  });

  it.each([
    ['no JSON', Buffer.from('{')],
    ['no object', body([])],
    ['no device', body({ name: 'n' })],
    ['no name', body({ deviceId: 'd' })],
    ['a name that is no text', body({ deviceId: 'd', name: {} })],
    ['an endless secret', body({ deviceId: 'd', name: 'n', secret: 'x'.repeat(5000) })],
    ['too many bytes', body({ deviceId: 'd', name: 'n', certificate: 'x'.repeat(70_000) })],
  ])('refuses to be asked with %s', (_, bytes) => {
    expect(() => decodeResourceAsk(bytes)).toThrow(malformed);
  });

  it('answers by its status, and by a reason where it has one', () => {
    expect(decodeResourceAnswer(200, Buffer.from(encodeResourceAnswer({ allowed: true })))).toEqual({ allowed: true });
    const refusal = { allowed: false, reason: 'stale' } as const;
    expect(decodeResourceAnswer(403, Buffer.from(encodeResourceAnswer(refusal)))).toEqual(refusal);
    for (const bytes of [Buffer.alloc(0), Buffer.from('<html>'), body({ reason: 1 }), Buffer.alloc(70_000)])
      expect(decodeResourceAnswer(404, bytes)).toEqual({ allowed: false, reason: 'status 404' });
  });

  it('reads or refuses whatever arrives', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          decodeResourceAnswer(403, bytes);
          try {
            decodeResourceAsk(bytes);
          } catch (error) {
            if (!isRollcallError(error, 'GATE_MALFORMED')) throw error;
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
