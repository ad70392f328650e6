// Values by name, as an outline: one line each, what lies in another further to the right.
import { isAboutName, isSecretName } from '../../base/secret-names.js';
import { withoutSecretText } from './masked-text.js';
import { indented, type PrintContext, secretMark, shortHex } from './printer.js';

/** What property lists, JSON and the like are made of, once read. */
export type Outlined =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | Date
  | Uint8Array
  | readonly Outlined[]
  | { readonly [key: string]: Outlined };

const maxDepth = 40;
const maxText = 300;
const maxItems = 500;

/** The value as lines. What has the name of a secret is masked with all that lies in it; that something is on or off is no secret. */
export function outline(value: Outlined, context: PrintContext): readonly string[] {
  return linesOf(value, context, false, 0);
}

function linesOf(value: Outlined, context: PrintContext, isSecret: boolean, depth: number): readonly string[] {
  if (depth > maxDepth) return ['...'];
  if (Array.isArray(value)) {
    const items: readonly Outlined[] = value;
    if (items.length === 0) return ['[]'];
    const line = isSecret ? undefined : inLine(items);
    if (line !== undefined) return [line];
    return bounded(items, (item) => {
      const [first = '', ...rest] = linesOf(item, context, isSecret, depth + 1);
      return [`- ${first}`, ...indented(rest)];
    });
  }
  if (isRecord(value)) {
    const names = Object.keys(value);
    if (names.length === 0) return ['{}'];
    return bounded(names, (name) =>
      entry(name, value[name], context, isSecretName(name) || (isSecret && !isAboutName(name)), depth),
    );
  }
  return scalar(value, context, isSecret);
}

/** A short list of short values on one line: the name in a certificate, a list of types. */
function inLine(items: readonly Outlined[], depth = 0): string | undefined {
  if (items.length > 20 || depth > 4) return undefined;
  const parts = items.map((item) => {
    if (Array.isArray(item)) return inLine(item, depth + 1);
    if (typeof item === 'string') return item.length > 60 ? undefined : JSON.stringify(shortText(item));
    return typeof item === 'number' || typeof item === 'boolean' ? String(item) : undefined;
  });
  if (parts.some((part) => part === undefined)) return undefined;
  const line = `[${parts.join(', ')}]`;
  return line.length > 80 ? undefined : line;
}

function entry(
  name: string,
  value: Outlined,
  context: PrintContext,
  isSecret: boolean,
  depth: number,
): readonly string[] {
  const key = shortText(name);
  const lines = linesOf(value, context, isSecret, depth + 1);
  const isBlock = isRecord(value) ? Object.keys(value).length > 0 : Array.isArray(value) && !lines[0]?.startsWith('[');
  if (isBlock) return [`${key}:`, ...indented(lines)];
  const [first = '', ...rest] = lines;
  return [`${key}: ${first}`, ...indented(rest)];
}

function scalar(value: Outlined, context: PrintContext, isSecret: boolean): readonly string[] {
  if (value === null || value === undefined) return ['null'];
  if (typeof value === 'boolean') return [String(value)];
  if (value instanceof Date) return [Number.isNaN(value.getTime()) ? 'no date' : value.toISOString()];
  if (isSecret) return [secretMark];
  if (typeof value === 'number' || typeof value === 'bigint') return [String(value)];
  if (value instanceof Uint8Array) return bytes(value, context);
  if (typeof value !== 'string') return ['...'];
  return base64(value, context) ?? [JSON.stringify(shortText(value))];
}

/** Bytes that somebody can read are shown by him, below their length; others by their beginning. */
function bytes(value: Uint8Array, context: PrintContext): readonly string[] {
  const lines = value.length < 8 ? [] : context.inner(value);
  const [first] = lines;
  if (first === undefined) return [`<${shortHex(value)}>`];
  return [`<${value.length.toLocaleString('en-US')} bytes>`, ...lines];
}

/** JSON has no bytes: long base64 in it is shown as the bytes that it stands for. */
function base64(text: string, context: PrintContext): readonly string[] | undefined {
  if (text.length < 64 || text.length > 4_000_000 || !/^[A-Za-z0-9+/\r\n]+={0,2}\s*$/.test(text)) return undefined;
  const [first = '', ...rest] = bytes(Buffer.from(text, 'base64'), context);
  return [`base64 ${first}`, ...rest];
}

/** One line of it, masked and bounded. */
function shortText(text: string): string {
  const shown = withoutSecretText(text.length > 2_000 ? text.slice(0, 2_000) : text);
  return shown.length > maxText ? `${shown.slice(0, maxText)}... (${text.length} characters)` : shown;
}

function bounded<T>(items: readonly T[], show: (item: T) => readonly string[]): readonly string[] {
  const lines: string[] = [];
  let shown = 0;
  for (const item of items.slice(0, maxItems)) {
    for (const line of show(item)) lines.push(line);
    shown++;
    if (lines.length > 4 * maxItems) break;
  }
  if (items.length > shown) lines.push(`... and ${items.length - shown} more`);
  return lines;
}

const isRecord = (value: Outlined): value is { readonly [key: string]: Outlined } =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Date) &&
  !(value instanceof Uint8Array);
