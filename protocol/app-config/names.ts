// What the codecs of apps' managed configurations share.
import { protocolError } from '../errors.js';

/** Aliases of the key store for the certificate profiles that a profile names. Undefined: there is no such certificate. */
export type AliasOf = (certificate: string) => string | undefined;

/** What a profile that was read is called, and how the certificate profile of an alias is. */
export interface ReadNames {
  readonly name: string;
  certificate(alias: string): string;
}

export const refused = (at: string, why: string) =>
  protocolError('APP_CONFIG_REFUSED', `${at}: ${why}`, { details: { at } });

/** `host`, `host:port`, `[v6]:port`. Throws APP_CONFIG_REFUSED. */
export function hostAndPort(text: string, at: string): { readonly host: string; readonly port?: number } {
  const [, bracketed, plain = '', digits] =
    /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([^:/\s[\]@]{1,253}))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = digits === undefined ? undefined : Number(digits);
  if (host === '' || (port !== undefined && (port < 1 || port > 65_535))) throw refused(at, 'is no host and port');
  return port === undefined ? { host } : { host, port };
}

/** The other way; an IPv6 address stands in brackets where a port follows. */
export const withPort = (host: string, port: number | undefined): string => {
  if (port === undefined) return host;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
};

/** The alias of a certificate that a profile names. Throws APP_CONFIG_REFUSED where it is not there. */
export function aliasFor(profile: { readonly name: string }, certificate: string, aliasOf: AliasOf): string {
  const alias = aliasOf(certificate);
  if (alias === undefined) throw refused(`profile "${profile.name}"`, `certificate "${certificate}" is not there`);
  return alias;
}

export const optional = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: V });
