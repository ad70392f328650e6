// What rendering keeps in a device's memory, read back: as far as it is of the right form.
import { z } from 'zod';
import type { Awaited, RenderMemory } from './rendered.js';

const stamp = z.object({
  hash: z.string(),
  at: z.number(),
  of: z.string().exactOptional(),
  isWithdrawn: z.boolean().exactOptional(),
});
const fields = {
  stamps: z.record(z.string(), stamp),
  mailApps: z.record(z.string(), z.string()),
  challenges: z.record(z.string(), z.object({ hash: z.string(), challenge: z.string(), at: z.number() })),
} as const;

/** Each field by itself: what cannot be read is forgotten, and the device is sent that once more. */
export function readRenderMemory(value: unknown): RenderMemory {
  if (typeof value !== 'object' || value === null) return {};
  const entries = Object.entries(fields).flatMap(([key, form]) => {
    const { success, data } = form.safeParse(Reflect.get(value, key));
    return success ? [[key, data]] : [];
  });
  return Object.fromEntries(entries);
}

const awaited = z.object({
  at: z.number(),
  items: z.array(
    z.object({
      commandIds: z.array(z.string()),
      by: z.enum(['info', 'reset', 'reboot', 'password']),
      name: z.string().exactOptional(),
      carriers: z.array(z.string()),
      files: z.array(z.object({ path: z.string(), lastUpdate: z.number(), remove: z.boolean().exactOptional() })),
      wants: z.enum(['facts', 'location']).exactOptional(),
    }),
  ),
});

/** Undefined: nothing is awaited. What cannot be read goes out again with the next document. */
export const readAwaited = (value: unknown): Awaited | undefined => awaited.safeParse(value).data;
