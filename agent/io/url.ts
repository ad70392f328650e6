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

/** Reads http and https URLs; whole fleets ask for the same few, so those are remembered. Throws ANSWER_MALFORMED. */
export function targetReader(): (url: string) => HttpTarget {
  const known = new Map<string, HttpTarget>();
  return (url) => {
    const held = known.get(url);
    if (held !== undefined) return held;
    const target = readTarget(url);
    if (url.length <= 256) {
      if (known.size >= 256) known.clear();
      known.set(url, target);
    }
    return target;
  };
}

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
