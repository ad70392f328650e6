// A list as OData answers it: filtered, counted, cut into pages, reduced to the fields asked for. A page makes the rows that it
// shows, and those that it must look at to filter or to sort; `$skiptoken` says where the next one begins.
import { stubError } from '../errors.js';
import type { StubAnswer, StubRequest } from '../http-types.js';
import { compileFilter, type Enumerations, everyRow, type Filter, type Row } from './filter.js';
import { type AdminPorts, ok } from './graph.js';

const typeName = '@odata.type';
const defaultPage = 100;
const largestPage = 1000;
const known = new Set(['$filter', '$select', '$top', '$skip', '$skiptoken', '$count', '$orderby']);

/** Where a list comes from. Positions grow, and that of an item stays the same, whatever comes and goes. */
export interface Source<T> {
  /** The items behind a position, in order; from the first where there is none. */
  after(position?: number): Iterable<readonly [position: number, item: T]>;
  count(): number;
  /** The fields that `find` knows. */
  readonly indexed: ReadonlySet<string>;
  /** Every item of which a field is this text, and perhaps others, in order. Undefined where that cannot be told without all. */
  find(field: string, value: string): Iterable<readonly [position: number, item: T]> | undefined;
}

/**
 * Answers with one page of the rows. `fields` are all that a row may have: what can be selected and filtered by; those with a slash are
 * parts, to filter by alone. `enumerations`: the words that a field may be.
 */
export function listOf<T>(
  { originFor }: Pick<AdminPorts, 'originFor'>,
  request: StubRequest,
  items: readonly T[] | Source<T>,
  toRow: (item: T) => Row,
  fields: ReadonlySet<string>,
  enumerations: Enumerations = {},
): StubAnswer {
  const { query } = request;
  const origin = originFor(request);
  requireKnown(query);
  const source = isSource(items) ? items : inList(items);
  const text = query.get('$filter');
  const filter = text === null ? everyRow : compileFilter(text, fields, source.indexed, enumerations);
  const asked: Asked = {
    filter,
    by: orderOf(query.get('$orderby'), fields),
    top: whole(query, '$top', defaultPage, 1, largestPage),
    skip: whole(query, '$skip', 0, 0, 1_000_000_000),
    cursor: cursorOf(query.get('$skiptoken')),
  };
  const page = asked.by === undefined ? inOrder(source, asked, toRow) : sorted(source, asked, asked.by, toRow);
  const total = query.get('$count') === 'true' ? countOf(source, filter, toRow) : undefined;
  const select = selection(query.get('$select'), fields);
  const [, version = 'v1.0', resource = request.path] = /^\/(v1\.0|beta)\/(.*)$/.exec(request.path) ?? [];
  return ok({
    '@odata.context': `${origin}/${version}/$metadata#${resource}`,
    ...(total === undefined ? {} : { '@odata.count': total }),
    ...(page.next === undefined ? {} : { '@odata.nextLink': nextLink(request, origin, page.next, asked.top) }),
    value: page.rows.map(select),
  });
}

/** One thing, reduced to the fields asked for. */
export function single(request: StubRequest, row: Row, fields: ReadonlySet<string>): StubAnswer {
  requireKnown(request.query);
  return ok(selection(request.query.get('$select'), fields)(row));
}

/** What is not understood is refused: nobody takes an answer without it for one with nothing in it. */
function requireKnown(query: StubRequest['query']): void {
  for (const name of query.keys()) {
    if (name.startsWith('$') && !known.has(name)) throw invalid(`${name} is not supported`);
  }
}

const isSource = <T>(items: readonly T[] | Source<T>): items is Source<T> => 'after' in items;

/** A list that is at hand as a whole: an item's position is its number. */
function inList<T>(items: readonly T[]): Source<T> {
  return {
    *after(position = 0) {
      for (let index = Math.max(0, position); index < items.length; index++) yield [index + 1, items[index] as T];
    },
    count: () => items.length,
    indexed: new Set(),
    find: () => undefined,
  };
}

/** Where a page begins: behind the last item of the one before. `value` is what it was sorted by. */
interface Cursor {
  readonly position: number;
  readonly value?: string;
}

interface Asked {
  readonly filter: Filter;
  readonly by: Order | undefined;
  readonly top: number;
  readonly skip: number;
  readonly cursor: Cursor | undefined;
}

interface Page {
  readonly rows: readonly Row[];
  readonly next?: Cursor;
}

/** Stops at the first item behind the page; without a filter, items that are skipped and that one cost no row. */
function inOrder<T>(source: Source<T>, { filter, top, skip, cursor }: Asked, toRow: (item: T) => Row): Page {
  const rows: Row[] = [];
  let [left, last] = [skip, 0];
  for (const [position, item] of candidates(source, filter, cursor?.position)) {
    const row = filter.isEvery && (left > 0 || rows.length === top) ? undefined : toRow(item);
    if (row !== undefined && !filter.matches(row)) continue;
    if (left > 0) {
      left--;
      continue;
    }
    if (row === undefined || rows.length === top) return { rows, next: { position: last } };
    rows.push(row);
    last = position;
  }
  return { rows };
}

/** Looks at all rows: of equal values the earlier item comes first, so that a page goes on where the last one ended. */
function sorted<T>(source: Source<T>, { filter, top, skip, cursor }: Asked, by: Order, toRow: (item: T) => Row): Page {
  const found: (Cursor & { readonly row: Row; readonly value: string })[] = [];
  const start = cursor === undefined ? undefined : { position: cursor.position, value: cursor.value ?? '' };
  for (const [position, item] of candidates(source, filter)) {
    const row = toRow(item);
    const place = { position, value: String(row[by.name] ?? ''), row };
    if (filter.matches(row) && (start === undefined || by.compare(start, place) < 0)) found.push(place);
  }
  found.sort(by.compare);
  const page = found.slice(skip, skip + top);
  const last = page.at(-1);
  const rows = page.map(({ row }) => row);
  return last === undefined || skip + top >= found.length
    ? { rows }
    : { rows, next: { position: last.position, value: last.value } };
}

function countOf<T>(source: Source<T>, filter: Filter, toRow: (item: T) => Row): number {
  if (filter.isEvery) return source.count();
  let count = 0;
  for (const [, item] of candidates(source, filter)) if (filter.matches(toRow(item))) count++;
  return count;
}

/** Those that may match, in order: by the indexes where the filter allows it. */
function candidates<T>(source: Source<T>, { lookups }: Filter, after?: number): Iterable<readonly [number, T]> {
  if (lookups === undefined) return source.after(after);
  const found = new Map<number, T>();
  for (const { field, value } of lookups) {
    const items = source.find(field, value);
    if (items === undefined) return source.after(after);
    for (const [position, item] of items) if (after === undefined || position > after) found.set(position, item);
  }
  return lookups.length === 1 ? found : [...found].sort(([a], [b]) => a - b);
}

function selection(text: string | null, fields: ReadonlySet<string>): (row: Row) => Row {
  if (text === null || text.trim() === '' || text.trim() === '*') return (row) => row;
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !fields.has(name) || name.includes('/'));
  if (unknown !== undefined) throw invalid(`$select names ${unknown}, which is no field`);
  // Whoever reads typed entities needs the word for the type, whatever else is selected (OData JSON 4.01, §4.6.3).
  return ({ [typeName]: type, ...row }) =>
    Object.fromEntries([
      ...(type === undefined ? [] : [[typeName, type]]),
      ...names.map((name) => [name, row[name] ?? null]),
    ]);
}

interface Order {
  readonly name: string;
  readonly compare: (a: Required<Cursor>, b: Required<Cursor>) => number;
}

function orderOf(text: string | null, fields: ReadonlySet<string>): Order | undefined {
  if (text === null) return undefined;
  const [, name = '', way = 'asc'] = /^\s*(\w+)(?:\s+(asc|desc))?\s*$/.exec(text) ?? [];
  if (!fields.has(name)) throw invalid('$orderby takes one field, then asc or desc');
  const sign = way === 'asc' ? 1 : -1;
  return {
    name,
    compare: (a, b) => (a.value === b.value ? a.position - b.position : a.value < b.value ? -sign : sign),
  };
}

function whole(query: URLSearchParams, name: string, absent: number, least: number, most: number): number {
  const text = query.get(name);
  if (text === null) return absent;
  const value = Number(text);
  if (!/^\d{1,10}$/.test(text) || value < least) throw invalid(`${name} must be a whole number from ${least}`);
  return Math.min(value, most);
}

/** The position, and behind a point the value in base64url: in UTF-16, in which each text comes back as it was. */
function cursorOf(token: string | null): Cursor | undefined {
  if (token === null) return undefined;
  const [, position, value] = /^(-?\d{1,15})(?:\.([\w-]{0,8192}))?$/.exec(token) ?? [];
  if (position === undefined) throw invalid('$skiptoken is none that was given out');
  return {
    position: Number(position),
    ...(value === undefined ? {} : { value: Buffer.from(value, 'base64url').toString('utf16le') }),
  };
}

const tokenOf = ({ position, value }: Cursor): string =>
  value === undefined ? String(position) : `${position}.${Buffer.from(value, 'utf16le').toString('base64url')}`;

function nextLink(request: StubRequest, origin: string, next: Cursor, top: number): string {
  const query = new URLSearchParams(request.query);
  query.delete('$skip');
  query.set('$skiptoken', tokenOf(next));
  if (query.has('$top')) query.set('$top', String(top));
  const name = (key: string) => encodeURIComponent(key).replaceAll('%24', '$');
  const text = [...query].map(([key, value]) => `${name(key)}=${encodeURIComponent(value)}`).join('&');
  return `${origin}${request.path}?${text}`;
}

const invalid = (why: string) => stubError('REQUEST_INVALID', `The query cannot be answered: ${why}`);
