import { agentError } from '../errors.js';

/** A URL taken apart for a request. */
export interface HttpTarget {
  readonly url: string;
  readonly secure: boolean;
  readonly origin: string;
  readonly host: string;
  readonly port: number;
  /** With the query. */
  readonly path: string;
  readonly pathOnly: string;
}

const mostKnown = 256;

/**
 * Reads http and https URLs; whole fleets ask for the same few, so those are remembered, and of paths that each device has to itself
 * the server. Throws ANSWER_MALFORMED.
 */
export function targetReader(): (url: string) => HttpTarget {
  const known = new Map<string, HttpTarget>();
  const remember = (name: string, target: HttpTarget): HttpTarget => {
    if (known.size >= mostKnown) known.clear();
    known.set(name, target);
    return target;
  };
  return (url) => {
    const held = known.get(url);
    if (held !== undefined) return held;
    const [, root = '', path = ''] = url.length > 256 ? [] : (plainUrl.exec(url) ?? []);
    if (root === '') return url.length > 256 ? readTarget(url) : remember(url, readTarget(url));
    const server = known.get(root) ?? remember(root, readTarget(root));
    return { ...server, url: server.url + path, path: `/${path}`, pathOnly: `/${path}` };
  };
}

/** An address whose path stays as it is written: no dot, percent sign or backslash in it, and no query. */
const plainUrl = /^(https?:\/\/[^/?#\\\s]+\/)([\w~/-]+)$/;

function readTarget(text: string): HttpTarget {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw agentError('ANSWER_MALFORMED', `"${text.slice(0, 200)}" is no http or https address`);
  const secure = url.protocol === 'https:';
  return {
    url: url.href,
    secure,
    origin: url.origin,
    host: url.hostname.replace(/^\[|\]$/g, ''), // an IPv6 address in brackets
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    path: url.pathname + url.search,
    pathOnly: url.pathname,
  };
}
