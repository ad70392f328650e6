// The description of a tenant file as JSON Schema, for editors: docs/schema/tenant.json.
import { z } from 'zod';
import { fileWords } from './words.js';

/** A part of a JSON Schema, of plain values. */
export type SchemaPart = { readonly [key: string]: unknown };

/** JSON Schema 2020-12 of a tenant file. What it allows the reader may still refuse, with the reason. */
export function tenantJsonSchema(): SchemaPart {
  const { $schema, ...made } = z.toJSONSchema(fileWords, { io: 'input', unrepresentable: 'any' });
  return {
    $schema,
    title: 'A tenant of the stub authority of Rollcall',
    description: 'docs/tenant.md says more of each key.',
    ...tidied(made),
  };
}

const isPart = (value: unknown): value is SchemaPart =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Without alternatives that nobody can write into a file, such as bytes, which stand there as base64. */
function tidied(part: SchemaPart): SchemaPart {
  const { anyOf, ...rest } = Object.fromEntries(Object.entries(part).map(([key, value]) => [key, tidiedValue(value)]));
  if (!Array.isArray(anyOf)) return rest;
  const options = anyOf.filter((option) => isPart(option) && Object.keys(option).length > 0);
  return options.length === 1 && isPart(options[0]) ? { ...options[0], ...rest } : { ...rest, anyOf: options };
}

function tidiedValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidiedValue);
  return isPart(value) ? tidied(value) : value;
}
