import type { z } from 'zod';

/** Where and why a value does not fit its description, without the value itself; undefined where it fits. */
export function misfit(description: z.ZodType, value: unknown): string | undefined {
  const { error } = description.safeParse(value);
  const issue = error?.issues[0];
  if (issue === undefined) return undefined;
  const path = issue.path.map(String).join('.');
  return path === '' ? issue.message : `${path}: ${issue.message}`;
}
