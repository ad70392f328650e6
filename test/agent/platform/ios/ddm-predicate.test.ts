import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PredicateError, readPredicate } from '../../../../agent/platform/ios/ddm/predicate.js';
import { below } from '../../../../agent/platform/ios/ddm/status-values.js';
import { facts, forms, refusals } from './ddm-predicate-forms.js';

const known = {
  status: (name: string) => below(name, (item) => facts.status[item]),
  property: (name: string) => below(name, (key) => facts.properties[key]),
};

/** What a predicate is, or the code of its refusal. */
function outcome(text: string, of = known): boolean | string {
  try {
    return readPredicate(text)(of);
  } catch (error) {
    if (error instanceof PredicateError) return error.code;
    throw error;
  }
}

describe('a predicate of an activation', () => {
  it.each(forms)('%s is %s (%s)', (text, expected) => {
    expect(outcome(text)).toBe(expected);
  });

  it.each(refusals.map(([text, code, source]) => [text.slice(0, 60), code, source, text] as const))(
    '%s is %s (%s)',
    (_shown, code, _source, text) => {
      expect(outcome(text)).toBe(code);
    },
  );

  it('asks for no more work than is bounded, however it multiplies', () => {
    const many = { ...known, property: () => Array.from({ length: 1000 }, (_, index) => index) };
    const inner = 'SUBQUERY(@property(a), $z, $x + $y + $z < 0).@count == 0';
    const text = `SUBQUERY(@property(a), $x, SUBQUERY(@property(a), $y, ${inner}).@count > 0).@count > 0`;
    expect(outcome(text, many)).toBe('Error.UnableToEvaluatePredicate');
    const long = { ...known, property: () => 'a'.repeat(1_000_000) };
    expect(outcome("@property(x) MATCHES '(.{0,900}b)'", long)).toBe('Error.UnableToEvaluatePredicate');
    const short = { ...known, property: () => 'a'.repeat(100_000) };
    for (const pattern of ["MATCHES '(a|a)*b'", "LIKE '*a*a*a*a*b'"])
      expect(outcome(`@property(x) ${pattern}`, short)).toBe(false);
    expect(outcome("@property(x) MATCHES '(a+)+b'", short)).toBe(false);
  });

  it('is read or refused, and never breaks, whatever its words', () => {
    const words = [...forms, ...refusals].flatMap(([text]) => text.slice(0, 200).match(/\w+|\W/g) ?? []);
    const soup = fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 3 })), { maxLength: 30 });
    fc.assert(
      fc.property(soup, (parts) => {
        const text = parts.join('');
        expect(['boolean', 'string']).toContain(typeof outcome(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('does not reach what is no key of its own', () => {
    for (const text of ['@property(office).@key(constructor) == NULL', '@property(office.__proto__) == NULL'])
      expect(outcome(text)).toBe(true);
  });
});
