// OpenVPN's client configuration files (.ovpn): read and judged, never executed.
import type { VpnProfile } from '../vocabulary.js';
import { readPem, writePem } from '../x509/pem.js';
import { type AliasOf, aliasFor, hostAndPort, refused, withPort } from './names.js';

/** Apps that take such files, the first where the document has none of them. */
export const openvpnPackages = ['net.openvpn.openvpn', 'de.blinkt.openvpn'] as const;

/** Directives with their arguments, in order, and what stands inline. */
interface OpenvpnFile {
  readonly directives: readonly { readonly name: string; readonly arguments: readonly string[] }[];
  /** `<ca>`, `<cert>`, `<key>`, ... without the lines of the tags. */
  readonly inline: ReadonlyMap<string, string>;
}

const longest = 1024 * 1024;
const mostLines = 20_000;
const mostArguments = 32;

/** They run programs, load code, or hand the tunnel to somebody else: a file of a server's has none of them. */
const hostile = [
  'up',
  'down',
  'up-restart',
  'down-pre',
  'route-up',
  'route-pre-down',
  'ipchange',
  'script-security',
  'tls-verify',
  'tls-crypt-v2-verify',
  'auth-user-pass-verify',
  'client-connect',
  'client-disconnect',
  'client-crresponse',
  'learn-address',
  'plugin',
  'iproute',
  'daemon',
  'chroot',
  'cd',
  'config',
  'log',
  'log-append',
  'status',
  'writepid',
  'tmp-dir',
  'management',
  'pkcs11-providers',
  'engine',
];
/** A client is none of these. */
const serverOnly = ['server', 'server-bridge', 'tls-server', 'mode'];
/** What must stand inline: the device has no other files of this tunnel. */
const filed = ['ca', 'cert', 'key', 'pkcs12', 'tls-auth', 'tls-crypt', 'tls-crypt-v2', 'secret', 'extra-certs'];
const inlineNames = [
  ...filed,
  'auth-user-pass',
  'dh',
  'crl-verify',
  'connection',
  'http-proxy-user-pass',
  'peer-fingerprint',
];

/** Throws APP_CONFIG_REFUSED with the line. */
export function readOpenvpn(text: string): OpenvpnFile {
  if (text.length > longest) throw refused('file', `has more than ${longest} characters`);
  const lines = text.split(/\r\n|\r|\n/, mostLines + 1).map((line) => line.trim());
  if (lines.length > mostLines) throw refused('file', `has more than ${mostLines} lines`);
  const directives: { name: string; arguments: readonly string[] }[] = [];
  const inline = new Map<string, string>();
  for (let number = 0; number < lines.length; number++) {
    const line = lines[number] ?? '';
    const at = `line ${number + 1}`;
    const tag = /^<([a-z0-9-]{1,40})>$/.exec(line)?.[1];
    if (tag !== undefined) {
      if (!inlineNames.includes(tag)) throw refused(at, `<${tag}> is nothing that stands inline`);
      const end = lines.indexOf(`</${tag}>`, number + 1);
      if (end < 0) throw refused(at, `<${tag}> has no end`);
      const content = lines.slice(number + 1, end).join('\n');
      if (tag === 'connection') directives.push(...readOpenvpn(content).directives);
      else inline.set(tag, content);
      number = end;
      continue;
    }
    const [name, ...values] = wordsOf(line, at);
    if (name === undefined) continue;
    const directive = name.replace(/^--/, '');
    judge(directive, values, at);
    directives.push({ name: directive, arguments: values });
  }
  return { directives, inline };
}

function judge(name: string, values: readonly string[], at: string): void {
  if (!/^[a-z0-9][a-z0-9-]{0,60}$/.test(name)) throw refused(at, 'is no directive');
  if (hostile.includes(name)) throw refused(at, `${name} is refused: it runs programs or writes files`);
  if (serverOnly.includes(name)) throw refused(at, `${name} is a server’s`);
  if (filed.includes(name) && values[0] !== undefined && values[0] !== '[inline]')
    throw refused(at, `${name} names a file: it has to stand inline`);
}

/** Words in OpenVPN's quotes: "..." with backslashes, '...' without; # and ; begin a comment. */
function wordsOf(line: string, at: string): string[] {
  const words: string[] = [];
  const word =
    /[ \t]*(?:([#;])|"((?:[^"\\]|\\[\s\S])*)"(?=[ \t]|$)|'([^']*)'(?=[ \t]|$)|((?:[^ \t"'\\]|\\[\s\S])[^ \t]*))/y;
  for (word.lastIndex = 0; word.lastIndex < line.length; ) {
    const found = word.exec(line);
    if (found === null) throw refused(at, 'has a quotation mark without its other');
    const [, comment, quoted, raw, plain] = found;
    if (comment !== undefined) break;
    if (words.length > mostArguments) throw refused(at, `has more than ${mostArguments} words`);
    words.push(raw ?? (quoted ?? plain ?? '').replace(/\\([\s\S])/g, '$1'));
  }
  return words;
}

/** By convention: the certificate of the key store that the app is to show. OpenVPN passes over it. */
const aliasVariable = 'ROLLCALL_CERTIFICATE_ALIAS';

interface OpenvpnNames {
  readonly name: string;
  readonly connectionName: string;
  readonly app: string;
  certificate(alias: string): string;
}

/**
 * A tunnel in neutral words. Throws APP_CONFIG_REFUSED where something is missing without which no tunnel comes up: `client`, `dev`,
 * `remote`, an authority, a way to sign in.
 */
export function profileOfOpenvpn(file: OpenvpnFile, names: OpenvpnNames): VpnProfile {
  const all = (name: string) => file.directives.filter((each) => each.name === name);
  const has = (name: string): boolean => all(name).length > 0 || file.inline.has(name);
  const [remote] = all('remote');
  const [host, port, protocol] = remote?.arguments ?? [];
  if (!has('client') && !(has('tls-client') && has('pull')) && !has('secret')) throw refused('client', 'is missing');
  if (!has('dev')) throw refused('dev', 'is missing');
  if (host === undefined) throw refused('remote', 'is missing');
  if (protocol !== undefined && !/^(?:udp|tcp)[46]?(?:-client)?$/.test(protocol))
    throw refused('remote', `"${protocol.slice(0, 20)}" is no protocol`);
  const isStatic = has('secret');
  if (!isStatic && !has('ca') && !has('pkcs12') && !has('peer-fingerprint')) throw refused('ca', 'is missing');
  judgeInline(file);
  const alias = all('setenv').find(({ arguments: [name] }) => name === aliasVariable)?.arguments[1];
  const shows = has('pkcs12') || (has('cert') && has('key')) || alias !== undefined;
  const asks = has('auth-user-pass');
  if (has('cert') !== has('key')) throw refused(has('cert') ? 'key' : 'cert', 'is missing');
  if (!shows && !asks && !isStatic) throw refused('auth-user-pass', 'is missing, and so is a certificate');
  const [username, password] = (file.inline.get('auth-user-pass') ?? '').split('\n');
  return {
    kind: 'vpn',
    name: names.name,
    connectionName: names.connectionName,
    protocol: 'app',
    app: names.app,
    server: serverOf(host, port),
    authentication: isStatic ? 'shared-secret' : authenticationOf(shows, asks),
    ...(alias === undefined ? {} : { certificate: names.certificate(alias) }),
    ...(isStatic ? { sharedSecret: (file.inline.get('secret') ?? '').slice(0, 4096) } : {}),
    ...(username === undefined || username === '' ? {} : { username }),
    ...(password === undefined || password === '' ? {} : { password }),
  };
}

const authenticationOf = (shows: boolean, asks: boolean): VpnProfile['authentication'] =>
  shows ? (asks ? 'password-and-certificate' : 'certificate') : 'password';

function serverOf(host: string, port: string | undefined): string {
  const number = port === undefined ? undefined : Number(port);
  if (number !== undefined && !(Number.isInteger(number) && number > 0 && number < 65_536))
    throw refused('remote', 'has a port that is none');
  const server = withPort(host, number);
  hostAndPort(server, 'remote');
  return server;
}

/** Certificates stand in PEM. */
function judgeInline({ inline }: OpenvpnFile): void {
  for (const name of ['ca', 'cert']) {
    const text = inline.get(name);
    if (text === undefined) continue;
    const isWhole = text.includes('-----BEGIN CERTIFICATE-----') && text.includes('-----END CERTIFICATE-----');
    if (!isWhole || !readPem(text).some(({ label }) => label === 'CERTIFICATE'))
      throw refused(name, 'holds no certificate');
  }
}

/** Throws APP_CONFIG_REFUSED for what a file cannot say. `authority`: DER, whom the server's certificate ends in. */
export function writeOpenvpn(profile: VpnProfile, authority: Uint8Array, aliasOf: AliasOf): string {
  const { name, server, authentication, username = '', password = '', certificate } = profile;
  const refuse = (why: string) => refused(`profile "${name}"`, why);
  if (authentication === 'shared-secret' || authentication === 'none')
    throw refuse(`an OpenVPN file of ours does not sign in by ${authentication}`);
  if (/[\r\n]/.test(`${username}${password}`)) throw refuse('a name or password of two lines');
  const { host, port } = hostAndPort(server, `profile "${name}"`);
  const asks = authentication !== 'certificate';
  if (authentication !== 'password' && certificate === undefined)
    throw refuse('there is no certificate to sign in with');
  return [
    'client',
    'dev tun',
    `remote ${host} ${port ?? 1194} udp`,
    'remote-cert-tls server',
    'nobind',
    ...(certificate === undefined
      ? []
      : [`setenv ${aliasVariable} ${quoted(aliasFor(profile, certificate, aliasOf))}`]),
    ...(asks && username === '' ? ['auth-user-pass'] : []),
    ...(asks && username !== '' ? ['<auth-user-pass>', username, password, '</auth-user-pass>'] : []),
    '<ca>',
    writePem('CERTIFICATE', authority).trimEnd(),
    '</ca>',
    '',
  ].join('\n');
}

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
