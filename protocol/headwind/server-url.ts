// Addresses of servers, as the launcher takes them apart (specs/android.md §1.1, §0a.30).

/** A server: `https://mdm.example:8443` and `hmdm`; the project is empty for a server at the root. */
export interface ServerAddress {
  readonly base: string;
  readonly project: string;
}

/**
 * Takes an address apart as the launcher does: user info, query and fragment are dropped, and one slash at each end of the path.
 * A port is kept where it is written, so `https://x` and `https://x:443` differ. Undefined for what is no address of HTTP.
 *
 * @example
 * splitServerUrl('https://mdm.example:443/hmdm/'); // { base: 'https://mdm.example:443', project: 'hmdm' }
 */
export function splitServerUrl(url: string): ServerAddress | undefined {
  const text = url.trim();
  const [, scheme, authority, path = ''] = /^(https?):\/\/([^/?#\\\s]*)(\/[^?#]*)?(?:[?#]|$)/i.exec(text) ?? [];
  if (scheme === undefined || authority === undefined) return undefined;
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const [, name = '', port = ''] = /^(\[[\da-fA-F:.]+\]|[^:[\]]+)(?::(\d*))?$/.exec(host) ?? [];
  if (name === '' || Number(port) > 65_535 || !URL.canParse(`${scheme}://${name}`)) return undefined;
  const base = `${scheme.toLowerCase()}://${name}${port === '' ? '' : `:${Number(port)}`}`;
  return { base, project: path.replace(/\/$/, '').replace(/^\//, '') };
}

/** The address of a call: `joinUrl({ base: 'https://mdm.example', project: 'hmdm' }, 'rest/public/sync/info')`. */
export const joinUrl = ({ base, project }: ServerAddress, path: string): string =>
  [base.replace(/\/+$/, ''), ...(project === '' ? [] : [project]), path.replace(/^\/+/, '')].join('/');

/** Whether two addresses are the same server to the launcher, which compares them as texts in any letter case. */
export const isSameServer = (one: ServerAddress, other: ServerAddress): boolean =>
  one.base.toLowerCase() === other.base.toLowerCase() && one.project.toLowerCase() === other.project.toLowerCase();
