// Android's Bundle as far as application restrictions use it, and the plain values that a writer starts from.

/** A value of an app's restrictions, with the type by which the app has to ask for it. */
export type RestrictionValue =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'int'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string[]'; readonly value: readonly string[] }
  | { readonly type: 'bundle'; readonly value: Bundle }
  | { readonly type: 'bundle[]'; readonly value: readonly Bundle[] };

/** What an app is given: its keys in order. An object without prototype. */
export type Bundle = Readonly<Record<string, RestrictionValue>>;

/** The same without types, as it is written. */
export type PlainValue = string | number | boolean | readonly string[] | PlainBundle | readonly PlainBundle[];
export interface PlainBundle {
  readonly [key: string]: PlainValue;
}

/** Something that the launcher does with a setting and that its sender did not mean. */
export interface BundleFinding {
  /** Where: the setting's name, and below `managedConfig` the keys down to the value: `managedConfig.remote.port`. */
  readonly key: string;
  readonly kind:
    | 'not-json'
    | 'no-value'
    | 'long'
    | 'double'
    | 'not-an-object'
    | 'array-dropped'
    | 'null-dropped'
    | 'text-made'
    | 'twice'
    | 'too-much';
  readonly message: string;
}

export interface BundleRead {
  readonly bundle: Bundle;
  readonly findings: readonly BundleFinding[];
}

export const emptyBundle = (): Record<string, RestrictionValue> => Object.create(null);

function held(bundle: Bundle, key: string): RestrictionValue | undefined {
  return Object.hasOwn(bundle, key) ? bundle[key] : undefined;
}

/** `Bundle.getString`: a value of another type counts as none. */
export function textAt(bundle: Bundle, key: string): string | undefined {
  const value = held(bundle, key);
  return value?.type === 'string' ? value.value : undefined;
}

/** `Bundle.getInt`. */
export function intAt(bundle: Bundle, key: string): number | undefined {
  const value = held(bundle, key);
  return value?.type === 'int' ? value.value : undefined;
}

/** `Bundle.getBoolean`. */
export function boolAt(bundle: Bundle, key: string): boolean | undefined {
  const value = held(bundle, key);
  return value?.type === 'bool' ? value.value : undefined;
}

/** `Bundle.getBundle`. */
export function bundleAt(bundle: Bundle, key: string): Bundle | undefined {
  const value = held(bundle, key);
  return value?.type === 'bundle' ? value.value : undefined;
}

/** `Bundle.getParcelableArray`. */
export function bundlesAt(bundle: Bundle, key: string): readonly Bundle[] | undefined {
  const value = held(bundle, key);
  return value?.type === 'bundle[]' ? value.value : undefined;
}

/** The values without their types. */
export function plainOf(bundle: Bundle): PlainBundle {
  const plain: Record<string, PlainValue> = Object.create(null);
  for (const [key, value] of Object.entries(bundle)) plain[key] = plainValueOf(value);
  return plain;
}

function plainValueOf(typed: RestrictionValue): PlainValue {
  if (typed.type === 'bundle') return plainOf(typed.value);
  return typed.type === 'bundle[]' ? typed.value.map(plainOf) : typed.value;
}
