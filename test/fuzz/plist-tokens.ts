// Words of property lists that readers have stumbled over.
// biome-ignore format: a table
export const tokens = [
  '<date>2026-13-01T00:00:00Z</date>', '<string>&#xDFFF;</string>', '<real>1e999</real>', '<integer>-9e9</integer>',
  '<dict>', '</dict>', '<array>', '</array>', '<key>a</key>', '<key>', '</key>', '<string>', '</string>', '<string/>', '<true/>',
  '<integer>', '</integer>', '<real>', '</real>', '<date>', '</date>', '<data>', '</data>', '<plist>', '</plist>', '<!--', '-->',
  '<![CDATA[', ']]>', '<?xml', '?>', '<!DOCTYPE', '<!ENTITY', '[', ']', '>', '<', '/', '&', '&amp;', '&#', '&#x41;', '&#xD800;', '&#x110000;', ';', '"', "'",
  '0', '-', '0x', '1e9', 'nan', '2026-01-01T00:00:00Z', 'AAAA', '=', '\0', '\r', ' ', '\ufeff', 'é', '😀', '__proto__', 'bplist00',
].map((text) => Buffer.from(text));
