import { z } from 'zod';
import { asType } from '../../protocol/vocabulary/derive.js';
import { noteOf } from '../../protocol/vocabulary/fields.js';

/** A value of a description with everything in it that may be, and the texts that stand in its fields. */
export interface Sample {
  readonly value: unknown;
  readonly open: readonly string[];
  readonly secrets: readonly string[];
}

/** One sample for each choice that a description leaves: every kind of profile, every source of a certificate. */
export function samplesOf(description: z.ZodType): Sample[] {
  let count = 0;
  const made = (part: z.core.$ZodType, isSecret = false): Sample[] => {
    const schema = asType(part);
    const hides = isSecret || noteOf(schema).isSecret === true;
    if (schema instanceof z.ZodExactOptional) return made(schema.unwrap(), hides);
    if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => made(option, hides));
    if (schema instanceof z.ZodObject)
      return Object.entries(schema.shape).reduce<Sample[]>(
        (wholes, [key, field]) =>
          crossed(wholes, made(field, hides), (whole, each) => ({ ...(whole as object), [key]: each })),
        [{ value: {}, open: [], secrets: [] }],
      );
    if (schema instanceof z.ZodTuple)
      return schema.def.items.reduce<Sample[]>(
        (wholes, item) => crossed(wholes, made(item, hides), (whole, each) => [...(whole as unknown[]), each]),
        [{ value: [], open: [], secrets: [] }],
      );
    if (schema instanceof z.ZodArray)
      return made(schema.element, hides).map((each) => ({ ...each, value: [each.value] }));
    if (schema instanceof z.ZodRecord)
      return made(schema.valueType, hides).map((each) => ({ ...each, value: { x: each.value } }));
    if (schema instanceof z.ZodEnum) return [plain(schema.options[0])];
    if (schema instanceof z.ZodLiteral) return [plain([...schema.values][0])];
    if (schema instanceof z.ZodBoolean) return [plain(true)];
    if (schema instanceof z.ZodNumber)
      return [plain(Math.max(schema.minValue ?? 1, 1024 * Number((schema.maxValue ?? 0) > 65_535)))];
    const text = `${hides ? 'secret' : 'open'}-text-${count++}-`;
    const value = schema instanceof z.ZodCustom ? Buffer.from(text) : text;
    return [{ value, open: hides ? [] : [text], secrets: hides ? [text] : [] }];
  };
  return made(description);
}

const plain = (value: unknown): Sample => ({ value, open: [], secrets: [] });

function crossed(
  wholes: readonly Sample[],
  parts: readonly Sample[],
  join: (whole: unknown, part: unknown) => unknown,
): Sample[] {
  return wholes.flatMap((whole) =>
    parts.map((part) => ({
      value: join(whole.value, part.value),
      open: [...whole.open, ...part.open],
      secrets: [...whole.secrets, ...part.secrets],
    })),
  );
}

/** All texts in plain values, bytes as the text they hold or as base64. */
export function textsIn(value: unknown): string {
  if (typeof value === 'string') return `${value}\n${Buffer.from(value, 'base64').toString('latin1')}\n`;
  if (value instanceof Uint8Array) return `${Buffer.from(value).toString('latin1')}\n`;
  if (typeof value !== 'object' || value === null) return '';
  return Object.values(value).map(textsIn).join('');
}
