// Tables of docs/*.md that say each key of a file, made of its description: what a page is compared with.

/** A part of a JSON Schema. */
export type SchemaPart = Readonly<Record<string, unknown>>;

export const part = (value: unknown): SchemaPart => {
  if (typeof value !== 'object' || value === null) throw new TypeError('no part of a schema');
  return value as SchemaPart;
};

/** What may stand there, in a few words. */
export function values(of: SchemaPart): string {
  if (Array.isArray(of['oneOf'])) return 'object, below';
  const { anyOf, enum: words, const: word, type, title, items, format } = of;
  if (Array.isArray(anyOf)) return [...new Set(anyOf.map((each) => values(part(each))))].join(', ');
  if (Array.isArray(words)) return words.map((each) => `\`${each}\``).join(', ');
  if (word !== undefined) return `\`${word}\``;
  if (Array.isArray(of['prefixItems'])) return pairOf(of['prefixItems'].map(part));
  if (type === 'array') return items === undefined ? 'list' : `list of ${values(part(items))}`;
  if (type === 'object') return of['properties'] === undefined ? 'object' : 'object, below';
  if (typeof title === 'string') return title;
  if (type === 'boolean') return '`true`, `false`';
  if (typeof format === 'string') return format;
  if (type === undefined) return 'entry, below';
  return type === 'integer' ? 'whole number' : String(type);
}

const pairOf = (of: readonly SchemaPart[]): string =>
  of.every(({ title }) => typeof title === 'string') ? `[${of.map(values).join(', ')}]` : 'type and value';

/** The rows of a table: key, values, meaning. Keys that must be there are bold. */
export function table(of: SchemaPart, leftOut: readonly string[] = []): string {
  const required = Array.isArray(of['required']) ? of['required'] : [];
  const shown = Object.entries(part(of['properties'])).filter(([key]) => !leftOut.includes(key));
  const rows = shown.map(([key, each]) => {
    const name = required.includes(key) ? `**\`${key}\`**` : `\`${key}\``;
    return `| ${name} | ${values(part(each)).replaceAll('|', '\\|')} | ${String(part(each)['description'] ?? '')} |`;
  });
  return ['| key | values | meaning |', '|---|---|---|', ...rows].join('\n');
}

/** What stands below each heading of a page, up to the next one. */
export const sectionsOf =
  (text: string) =>
  (heading: string): string =>
    text.split(`\n${heading}\n`)[1]?.split(/\n#{2,3} /)[0] ?? `no ${heading}`;
