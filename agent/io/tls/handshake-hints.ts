const hints: readonly (readonly [seen: RegExp, hint: string])[] = [
  [
    /alert[ _](certificate|bad[ _]certificate|unknown[ _]ca|unsupported[ _]certificate|access[ _]denied)|certificate[ _]required/i,
    'The server does not take the client certificate that the device offers, or wants one where it has none: look at which CA the server, or the proxy before it, trusts for devices.',
  ],
  [
    /wrong[ _]version[ _]number|http[ _]request|packet length too long/i,
    'What answers there speaks no TLS: look at scheme and port.',
  ],
  [
    /(protocol[ _]version|unsupported[ _]protocol|no[ _]protocols)/i,
    'The server speaks no TLS 1.2 or later, which devices ask for.',
  ],
  [
    /handshake[ _]failure|no[ _]shared[ _]cipher/i,
    'Server and device have no cipher in common, or the server wants a client certificate: its own log says which.',
  ],
];

/** What to do about a handshake that OpenSSL gave up; undefined for what else breaks a connection. */
export function handshakeHint({ code = '', message }: NodeJS.ErrnoException): string | undefined {
  if (!/^(EPROTO|ERR_SSL_)/.test(code)) return undefined;
  return hints.find(([seen]) => seen.test(`${code} ${message}`))?.[1];
}
