// How the launcher's HTTP client writes addresses.

/** One segment of a path, as OkHttp encodes it. */
export const segment = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replace(/%(?:3A|40|24|26|2B|2C|3B|3D)/g, (code) => decodeURIComponent(code));

/** An address as a request line can carry it: what it cannot is percent-encoded, and all else stays as the server wrote it. */
export const addressable = (url: string): string =>
  url
    .trim()
    .toWellFormed()
    .replace(/[^\x21-\x7e]|["<>\\^`{|}]/gu, (character) => encodeURIComponent(character));
