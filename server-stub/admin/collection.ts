// A list as OData answers it: filtered, counted, cut into pages, reduced to the fields asked for.
import { stubError } from '../errors.js';
import type { StubAnswer, StubRequest } from '../http-types.js';
import { compileFilter, type Row } from './filter.js';
import { ok } from './graph.js';

const defaultPage = 100;
const largestPage = 1000;
const known = new Set(['$filter', '$select', '$top', '$skip', '$count', '$orderby']);

/** Answers with one page of the rows. `fields` are all that a row may have: what can be selected and filtered by. */
export function listOf<T>(
  request: StubRequest,
  items: readonly T[],
  toRow: (item: T) => Row,
  fields: ReadonlySet<string>,
): StubAnswer {
  const { query } = request;
  for (const name of query.keys()) {
    if (name.startsWith('$') && !known.has(name)) throw invalid(`${name} is not supported`);
  }
  const filter = query.get('$filter');
  const top = whole(query, '$top', defaultPage, 1, largestPage);
  const skip = whole(query, '$skip', 0, 0, 1_000_000_000);
  let rows: readonly Row[];
  let total = items.length;
  const by = orderOf(query.get('$orderby'), fields);
  if (filter === null && by === undefined) rows = items.slice(skip, skip + top).map(toRow);
  else {
    const matches = filter === null ? () => true : compileFilter(filter, fields);
    const found = items.map(toRow).filter(matches);
    if (by !== undefined) found.sort(by);
    total = found.length;
    rows = found.slice(skip, skip + top);
  }
  const select = selection(query.get('$select'), fields);
  return ok({
    '@odata.context': `${origin(request)}/v1.0/$metadata#${request.path.replace(/^\/v1\.0\//, '')}`,
    ...(query.get('$count') === 'true' ? { '@odata.count': total } : {}),
    ...(skip + top < total ? { '@odata.nextLink': nextLink(request, skip + top, top) } : {}),
    value: rows.map(select),
  });
}

/** One thing, reduced to the fields asked for. */
export function single(request: StubRequest, row: Row, fields: ReadonlySet<string>): StubAnswer {
  return ok(selection(request.query.get('$select'), fields)(row));
}

function selection(text: string | null, fields: ReadonlySet<string>): (row: Row) => Row {
  if (text === null || text.trim() === '' || text.trim() === '*') return (row) => row;
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !fields.has(name));
  if (unknown !== undefined) throw invalid(`$select names ${unknown}, which is no field`);
  return (row) => Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
}

function orderOf(text: string | null, fields: ReadonlySet<string>): ((a: Row, b: Row) => number) | undefined {
  if (text === null) return undefined;
  const [, name = '', way = 'asc'] = /^\s*(\w+)(?:\s+(asc|desc))?\s*$/.exec(text) ?? [];
  if (!fields.has(name)) throw invalid('$orderby takes one field, then asc or desc');
  const sign = way === 'asc' ? 1 : -1;
  return (a, b) => {
    const [x, y] = [String(a[name] ?? ''), String(b[name] ?? '')];
    return x === y ? 0 : x < y ? -sign : sign;
  };
}

function whole(query: URLSearchParams, name: string, absent: number, least: number, most: number): number {
  const text = query.get(name);
  if (text === null) return absent;
  const value = Number(text);
  if (!/^\d{1,10}$/.test(text) || value < least) throw invalid(`${name} must be a whole number from ${least}`);
  return Math.min(value, most);
}

/** The Graph client takes an absolute https address; over plain http (tests) whoever asked knows how to get there. */
const origin = (request: StubRequest): string => `https://${request.headers['host'] ?? 'localhost'}`;

function nextLink(request: StubRequest, skip: number, top: number): string {
  const query = new URLSearchParams(request.query);
  query.set('$skip', String(skip));
  if (query.has('$top')) query.set('$top', String(top));
  const text = [...query].map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&');
  return `${origin(request)}${request.path}?${text}`;
}

const invalid = (why: string) => stubError('REQUEST_INVALID', `The query cannot be answered: ${why}`);
