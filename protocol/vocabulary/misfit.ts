import type { z } from 'zod';

/** Where and why a value does not fit its description, without the value itself; undefined where it fits. */
export function misfit(description: z.ZodType, value: unknown): string | undefined {
  const { error } = description.safeParse(value);
  return error === undefined ? undefined : describeMisfit(error);
}

/** The first mistake, and the place where it lies. */
export function describeMisfit({ issues: [issue] }: z.ZodError): string {
  const path = issue?.path.map(String).join('.') ?? '';
  const why = issue?.message ?? 'does not fit';
  return path === '' ? why : `${path}: ${why}`;
}
