import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instructionsOf } from '../../../../agent/platform/ios/ddm/predicate/text.js';
import { PredicateError, type PredicateFacts, readPredicate } from '../../../../agent/platform/ios/ddm/predicate.js';
import { below } from '../../../../agent/platform/ios/ddm/status-values.js';
import { facts, forms, refusals } from './ddm-predicate-forms.js';

const known = {
  status: (name: string) => below(name, (item) => facts.status[item]),
  property: (name: string) => below(name, (key) => facts.properties[key]),
};

/** What a predicate is, or the code of its refusal. */
function outcome(text: string, of: PredicateFacts = known): boolean | string {
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

  it('makes no regular expression that is larger than its bound, and each once', () => {
    const many = { ...known, property: () => Array.from({ length: 1000 }, () => 'b') };
    const large = ['(a?){500}'.repeat(200), '(a{1000})'.repeat(200), '((a{10}){10}b{10}){10}'.repeat(20)];
    for (const pattern of large) {
      const begun = process.cpuUsage();
      expect(outcome(`ANY @property(x) MATCHES '${pattern}'`, many)).toBe('Error.UnableToEvaluatePredicate');
      expect(process.cpuUsage(begun).user).toBeLessThan(500_000); // each took a second, and that for every element
    }
    const uuid = '[0-9A-F]{8}-([0-9A-F]{4}-){3}[0-9A-F]{12}';
    expect(outcome(`ANY @property(x) MATCHES '${uuid}' OR ALL @property(x) MATCHES '[^]a]'`, many)).toBe(true);
  });

  it.each([
    ['abc', 3],
    ['a{5}', 5],
    ['a{2,7}b', 8],
    ['a{3,}', 3],
    ['(ab){3}', 9],
    ['((a{2}){3}b){4}', 44],
    ['[a-z]{10}[]{9}]', 11],
    ['\\{{4}x{', 6],
  ])('reckons what %s takes', (pattern, instructions) => {
    expect(instructionsOf(pattern)).toBe(instructions);
  });

  it.each([
    ['patterns', '"" MATCHES @property(each)', { each: '[[:alpha:]]{900}' }, 300],
    ['long texts, folded', `"${'é'.repeat(16_000)}" ==[cd] "a"`, {}, 2000],
    ['long texts, ordered', `"${'é'.repeat(16_000)}" > "a"`, {}, 2000],
    ['wide lists', '(@property(b) UNION {1}).@count > 0', { b: [Array(50_000).fill(1)] }, 100],
    ['wide lists, told apart', '@property(b).@distinctUnionOfObjects.@count > 0', { b: [Array(50_000).fill(1)] }, 100],
    ['wide dictionaries, equal to others', '@property(w) == @property(empty)', { empty: {} }, 2000],
    ['elements of wide dictionaries', '0 IN @property(w)', {}, 2000],
    ['wide dictionaries by elements', 'ANY @property(w) == 1', {}, 2000],
    ['texts made small', 'lowercase(@property(t)) == ""', { t: 'A'.repeat(100_000) }, 2000],
    ['keys of texts', '@property(t).doubleValue == 1', { t: ' '.repeat(100_000) }, 2000],
    ['counts of lists', 'count(@property(n)) == 0', { n: Array(50_000).fill(1) }, 2000],
    ['keys of the elements of lists', '@property(n).doubleValue.@count == 0', { n: Array(50_000).fill(1) }, 100],
    ['names with many dots', `@property(w).@key(${'a.'.repeat(8000)}) == 1`, {}, 2000],
  ])('counts %s for as long as they are', (name, inner, properties, times) => {
    const wide = Object.fromEntries(Array.from({ length: 50_000 }, (_none, index) => [`k${index}`, 1]));
    const values: Readonly<Record<string, unknown>> = { l: Array(times).fill(0), w: wide, ...properties };
    const of = { ...known, property: (name: string) => values[name], budget: { steps: 500_000 } };
    // Uncounted they end with an answer, the longer the list is the later: minutes, with as many elements as a list may have.
    const expected = name === 'patterns' ? false : 'Error.UnableToEvaluatePredicate'; // one pattern is made once
    expect(outcome(`SUBQUERY(@property(l), $x, ${inner}).@count > 0`, of)).toBe(expected);
  });

  it('counts a pattern for what it becomes, once', () => {
    const steps = (text: string) => {
      const budget = { steps: 5_000_000 };
      expect(outcome(text, { ...known, property: () => Array(500).fill('a'), budget })).toBe(true);
      return 5_000_000 - budget.steps;
    };
    expect(steps("NOT '' MATCHES 'a{900}'")).toBeGreaterThan(900 * 16);
    expect(steps("SUBQUERY(@property(a), $x, $x MATCHES 'a{1,900}').@count == 500")).toBeLessThan(400_000);
  });

  it('asks for the same no more than once, and has what others left of a budget', () => {
    let asked = 0;
    const counting = {
      ...known,
      property() {
        asked++;
        return Array.from({ length: 1000 }, (_, index) => index);
      },
      budget: { steps: 30_000 },
    };
    const text = 'SUBQUERY(@property(a), $x, @property(a).@count == 1000).@count == 1000';
    expect(outcome(text, counting)).toBe(true);
    expect(asked).toBe(1);
    expect(outcome(text, { ...counting, budget: { steps: 1000 } })).toBe('Error.UnableToEvaluatePredicate');
    while (counting.budget.steps > 0) outcome(text, counting);
    expect(outcome('@property(a).@count == 1', counting)).toBe('Error.UnableToEvaluatePredicate');
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
