// What is secret is known by the description of the field. Everything that shows profiles, commands or answers to anybody goes
// through here.
import { z } from 'zod';
import { command } from './command.js';
import { asType, type Described } from './derive.js';
import { noteOf } from './fields.js';

/** What stands in the place of what is not shown. */
export interface Veil {
  /** In the place of a secret. Bytes must stay bytes where the result is to be of the described type. */
  secret(value: unknown): unknown;
  /** In the place of values of somebody else's naming, which no description tells secrets in. */
  opaque(value: unknown): unknown;
}

/**
 * The value with its secrets veiled, as its description marks them. The same object comes back where nothing is to be veiled.
 * A key that the description does not have is opaque.
 */
export function masked<S extends z.ZodType>(description: S, value: Described<S>, veil: Veil): Described<S> {
  return veiled(description, value, veil) as Described<S>;
}

function veiled(part: z.core.$ZodType, value: unknown, veil: Veil): unknown {
  const schema = asType(part);
  if (value === undefined) return undefined;
  if (noteOf(schema).isSecret) return veil.secret(value);
  if (schema instanceof z.ZodUnknown || schema instanceof z.ZodRecord) return veil.opaque(value);
  if (schema instanceof z.ZodExactOptional) return veiled(schema.unwrap(), value, veil);
  if (schema instanceof z.ZodUnion) {
    const option = schema.options.map(asType).find((each) => isOf(each, value));
    return option === undefined ? veil.opaque(value) : veiled(option, value, veil);
  }
  if (schema instanceof z.ZodArray && Array.isArray(value))
    return sameOr(value, (item) => veiled(schema.element, item, veil));
  if (schema instanceof z.ZodTuple && Array.isArray(value))
    return sameOr(value, (item, index) => {
      const described = schema.def.items[index];
      return described === undefined ? veil.opaque(item) : veiled(described, item, veil);
    });
  if (!(schema instanceof z.ZodObject) || typeof value !== 'object' || value === null) return value;
  const { shape } = schema;
  let hasChanged = false;
  const entries = Object.entries(value).map(([key, item]) => {
    const described = Object.hasOwn(shape, key) ? shape[key] : undefined;
    const shown = described === undefined ? veil.opaque(item) : veiled(described, item, veil);
    hasChanged ||= shown !== item;
    return [key, shown] as const;
  });
  return hasChanged ? Object.fromEntries(entries) : value;
}

function sameOr(list: readonly unknown[], show: (item: unknown, index: number) => unknown): readonly unknown[] {
  const shown = list.map(show);
  return shown.some((item, index) => item !== list[index]) ? shown : list;
}

/** Of a union: whether the words that tell the options apart are those of this one. */
function isOf(option: z.ZodType, value: unknown): boolean {
  if (!(option instanceof z.ZodObject) || typeof value !== 'object' || value === null)
    return option.safeParse(value).success;
  return Object.entries(option.shape).every(
    ([key, part]) => !(part instanceof z.ZodLiteral) || part.values.has(Reflect.get(value, key)),
  );
}

/**
 * Values of somebody else's naming, whose secrets nothing tells: their names, with every text, number and byte veiled by `hidden`.
 * That something is on, off or nothing is no secret.
 */
export function namesAlone(value: unknown, hidden: (value: unknown) => unknown): unknown {
  if (typeof value === 'boolean' || value === null || value === undefined) return value;
  if (typeof value !== 'object' || value instanceof Uint8Array || value instanceof Date) return hidden(value);
  if (Array.isArray(value)) return value.map((item) => namesAlone(item, hidden));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, namesAlone(item, hidden)]));
}

/** The names of all fields that a description marks as secret, at any depth: for values of somebody else's naming. */
export function secretNames(description: z.ZodType): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (part: z.core.$ZodType, name: string): void => {
    const schema = asType(part);
    if (noteOf(schema).isSecret) names.add(name);
    else if (schema instanceof z.ZodExactOptional) visit(schema.unwrap(), name);
    else if (schema instanceof z.ZodObject) for (const [key, inner] of Object.entries(schema.shape)) visit(inner, key);
    else if (schema instanceof z.ZodArray) visit(schema.element, name);
    else if (schema instanceof z.ZodTuple) for (const inner of schema.def.items) visit(inner, name);
    else if (schema instanceof z.ZodUnion) for (const inner of schema.options) visit(inner, name);
  };
  visit(description, '');
  return names;
}

/** Under these names the platforms' own commands carry what gives access to a device (Apple's schema). */
const secretsOfPlatforms = [
  'PIN',
  'Passcode',
  'UnlockToken',
  'PushMagic',
  'Token',
  'AuthToken',
  'AccessToken',
  'BootstrapToken',
  'BypassCode',
  'RecoveryKey',
  'MDMProfileData',
  'WiFiProfileData',
];

let named: ReadonlySet<string> | undefined;

/**
 * Values of somebody else's naming, as their owner may see them: `hidden` stands for whatever bears the name of a field that the
 * description of commands and profiles marks as secret, or of a platform's own secret, in whatever capitals.
 */
export function withoutNamed(value: unknown, hidden: (value: unknown) => unknown, name = ''): unknown {
  named ??= new Set([...secretNames(command), ...secretsOfPlatforms].map((each) => each.toLowerCase()));
  if (named.has(name.toLowerCase())) return hidden(value);
  if (Array.isArray(value)) return value.map((item) => withoutNamed(item, hidden));
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutNamed(item, hidden, key)]));
}
