import fc from 'fast-check';

/** Any character but a lone surrogate. fast-check's own `unit: 'binary'` builds a table of all of Unicode first: seconds. */
export const anyCharacter = fc.oneof(
  fc.constantFrom('&', '<', '>', '"', '\r', '\n', '\0', '\t', ' ', 'a', '0', 'é', '\ufeff', '\uffff'),
  fc.integer({ min: 0, max: 0xd7ff }).map((code) => String.fromCodePoint(code)),
  fc.integer({ min: 0xe000, max: 0x10ffff }).map((code) => String.fromCodePoint(code)),
);
