import type { Route } from './http-types.js';

/** What an address leads to: a route and its parameters, or why there is none. */
type Match =
  | { readonly kind: 'route'; readonly route: Route; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'bad-path' }
  | { readonly kind: 'other-method'; readonly allowed: readonly string[] };

interface Pattern {
  readonly segments: readonly Part[];
  readonly route: Route;
}

const noParams: Readonly<Record<string, string>> = Object.freeze({});

/**
 * Finds the route of a method and a raw (still encoded) path. Fixed paths are looked up at once; among patterns the one that
 * was listed first wins. Throws if two routes have the same method and form of path.
 */
export function createRouter(routes: readonly Route[]): (method: string, path: string) => Match {
  const fixed = new Map<string, Map<string, Route>>();
  const patterns = new Map<number, Pattern[]>();
  const seen = new Set<string>();
  for (const route of routes) {
    const key = `${route.method} ${route.path.replace(/:\w+/g, ':')}`; // whatever their parameters are called
    if (seen.has(key)) throw new Error(`two routes for ${route.method} ${route.path}`);
    seen.add(key);
    if (!/:\w/.test(route.path)) {
      const methods = fixed.get(route.path) ?? new Map<string, Route>();
      fixed.set(route.path, methods.set(route.method, route));
      continue;
    }
    const segments = route.path.slice(1).split('/').map(partOf);
    patterns.set(segments.length, [...(patterns.get(segments.length) ?? []), { segments, route }]);
  }

  return (method, path) => {
    const atPath = fixed.get(path);
    const route = atPath?.get(method);
    if (route !== undefined) return { kind: 'route', route, params: noParams };
    const allowed = new Set<string>(atPath?.keys());
    const segments = path.slice(1).split('/', 33);
    for (const pattern of patterns.get(segments.length) ?? []) {
      const params = capture(pattern.segments, segments);
      if (params === undefined) continue;
      if (pattern.route.method !== method) allowed.add(pattern.route.method);
      else return params === 'bad' ? { kind: 'bad-path' } : { kind: 'route', route: pattern.route, params };
    }
    return allowed.size === 0 ? { kind: 'not-found' } : { kind: 'other-method', allowed: [...allowed] };
  };
}

/** A segment that is fixed, or one of which a part is a parameter. */
type Part = string | { readonly before: string; readonly name: string; readonly after: string };

function partOf(segment: string): Part {
  const [, before = '', name, after = ''] = /^([^:]*):(\w+)(.*)$/.exec(segment) ?? [];
  return name === undefined ? segment : { before, name, after };
}

function capture(
  pattern: readonly Part[],
  segments: readonly string[],
): Readonly<Record<string, string>> | 'bad' | undefined {
  const params: Record<string, string> = Object.create(null);
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index];
    if (segment === undefined) return undefined;
    if (typeof part === 'string') {
      if (segment !== part) return undefined;
      continue;
    }
    if (segment === '') return undefined;
    const { before, name, after } = part;
    const isWhole = before === '' && after === '';
    const value = decodeSegment(segment);
    if (value === undefined) return isWhole ? 'bad' : undefined;
    const isHere = value.startsWith(before) && value.endsWith(after) && value.length > before.length + after.length;
    if (!isHere) return undefined;
    params[name] = isWhole ? value : value.slice(before.length, value.length - after.length);
  }
  return params;
}

/** One percent-decoded segment; undefined for bad escapes and for anything that could step out of its place. */
function decodeSegment(segment: string): string | undefined {
  let value: string;
  try {
    value = decodeURIComponent(segment);
  } catch {
    return undefined;
  }
  return value === '.' || value === '..' || /[/\\\x00-\x1f\x7f]/.test(value) ? undefined : value;
}
