// How the launcher's HTTP client writes addresses.

/** Halves of surrogate pairs become U+FFFD, as UTF-8 has it. */
const wellFormed = (text: string): string => (plain.test(text) ? text : Buffer.from(text, 'utf8').toString('utf8'));

/** What no encoding changes. */
const plain = /^[A-Za-z0-9._~-]*$/;

/** One segment of a path, as OkHttp encodes it. */
export const segment = (text: string): string =>
  plain.test(text)
    ? text
    : encodeURIComponent(wellFormed(text)).replace(/%(?:3A|40|24|26|2B|2C|3B|3D)/g, (code) => decodeURIComponent(code));

/** An address as a request line can carry it: what it cannot is percent-encoded, and all else stays as the server wrote it. */
export const addressable = (url: string): string =>
  wellFormed(url.trim()).replace(/[^\x21-\x7e]|["<>\\^`{|}]/gu, (character: string) => encodeURIComponent(character));
