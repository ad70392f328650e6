// What is derived from a description: its type, the form that a person writes, and the form that stored values are read by.
import { z } from 'zod';
import { noteOf } from './fields.js';

type Leaf = string | number | boolean | bigint | null | undefined | Uint8Array | Date;

/** Values as they are handed around: nobody changes one in place. */
type Immutable<T> = T extends Leaf ? T : T extends object ? { readonly [K in keyof T]: Immutable<T[K]> } : T;

/** The type that a description describes. */
export type Described<S extends z.ZodType> = Immutable<z.output<S>>;

/** How a form differs from the description it is made of. */
interface Form {
  /** The field in this form; undefined where it stays as it is, but for what is inside it. */
  field(schema: z.ZodType): z.ZodType | undefined;
  object(shape: z.core.$ZodLooseShape): z.ZodType;
  list(made: z.ZodArray, described: z.ZodArray): z.ZodType;
}

const authoredForm: Form = {
  field: (schema) => noteOf(schema).authored,
  object: z.strictObject,
  list: (made, { def }) => (def.checks === undefined ? made : made.clone({ ...made.def, checks: def.checks })),
};

const storedForm: Form = {
  field(schema) {
    if (schema instanceof z.ZodString) return z.string();
    if (schema instanceof z.ZodNumber) return z.number();
    return schema instanceof z.ZodCustom ? schema.clone({ ...schema.def, checks: [] }) : undefined;
  },
  object: z.object,
  list: (made) => made,
};

/**
 * The form that a person writes into a tenant file or the admin API: every field as its note `authored` says, bytes as base64
 * among them. Unknown keys are refused. What it gives is what the description describes.
 */
export const authored = <S extends z.ZodType>(description: S) => formed(description, authoredForm);

/**
 * The form that stored values are read by: the same fields and choices, without any bound, and without keys that are not known
 * any more. What was once written is read again, whatever bounds its description is given later.
 */
export const stored = <S extends z.ZodType>(description: S) => formed(description, storedForm);

const formed = <S extends z.ZodType>(description: S, form: Form): z.ZodType<Described<S>> =>
  inForm(description, form) as z.ZodType<Described<S>>;

const leaves = [z.ZodString, z.ZodNumber, z.ZodBoolean, z.ZodLiteral, z.ZodEnum, z.ZodUnknown, z.ZodCustom];

function inForm(part: z.core.$ZodType, form: Form): z.ZodType {
  const schema = asType(part);
  const field = form.field(schema);
  if (field !== undefined) return field;
  const again = (inner: z.core.$ZodType) => inForm(inner, form);
  if (leaves.some((leaf) => schema instanceof leaf)) return schema;
  if (schema instanceof z.ZodExactOptional) return z.exactOptional(again(schema.unwrap()));
  if (schema instanceof z.ZodObject)
    return form.object(Object.fromEntries(Object.entries(schema.shape).map(([key, each]) => [key, again(each)])));
  if (schema instanceof z.ZodArray) return form.list(z.array(again(schema.element)), schema);
  if (schema instanceof z.ZodRecord) return z.record(z.string(), again(schema.valueType));
  const [first, ...others] = (schema instanceof z.ZodTuple ? schema.def.items : optionsOf(schema)).map(again);
  if (first === undefined) throw new TypeError(`a description has no ${schema.def.type}`);
  if (schema instanceof z.ZodTuple) return z.tuple([first, ...others]);
  if (schema instanceof z.ZodDiscriminatedUnion)
    return z.discriminatedUnion(schema.def.discriminator, [first, ...others] as [z.ZodObject, ...z.ZodObject[]]);
  return z.union([first, ...others]);
}

const optionsOf = (schema: z.ZodType): readonly z.core.$ZodType[] =>
  schema instanceof z.ZodUnion ? schema.options : [];

/** The parts of a schema are typed as what zod's core knows of them; those of a description are whole ones. */
export function asType(part: z.core.$ZodType): z.ZodType {
  if (part instanceof z.ZodType) return part;
  throw new TypeError('a description is made of whole zod schemas');
}
