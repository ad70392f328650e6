// What rendering keeps in a device's memory, read back: as far as it is of the right form.
import { z } from 'zod';
import type { Awaited, RenderMemory } from './rendered.js';

const stamp = z.object({
  hash: z.string(),
  at: z.number(),
  of: z.string().exactOptional(),
  isWithdrawn: z.boolean().exactOptional(),
});
const order = z.object({
  version: z.string(),
  subject: z.array(z.array(z.tuple([z.string(), z.string()]))),
  challenge: z.string(),
  at: z.number(),
});
const fields = {
  stamps: z.record(z.string(), stamp),
  mailApps: z.record(z.string(), z.string()),
  orders: z.record(z.string(), order),
} as const;

/** What is kept is replaced and never changed, so each is judged once. */
function once<T>(read: (value: object) => T, otherwise: T): (value: unknown) => T {
  const known = new WeakMap<object, T>();
  return (value) => {
    if (typeof value !== 'object' || value === null) return otherwise;
    const before = known.get(value);
    if (before !== undefined) return before;
    const made = read(value);
    known.set(value, made);
    return made;
  };
}

/** Each field by itself: what cannot be read is forgotten, and the device is sent that once more. */
export const readRenderMemory = once(renderMemory, {});

function renderMemory(value: object): RenderMemory {
  const entries = Object.entries(fields).flatMap(([key, form]) => {
    const kept: unknown = Reflect.get(value, key);
    return form.safeParse(kept).success ? [[key, kept]] : []; // not a copy
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
      deviceName: z.string().exactOptional(),
    }),
  ),
});

/** Undefined: nothing is awaited. What cannot be read goes out again with the next document. */
export const readAwaited = once<Awaited | undefined>((value) => awaited.safeParse(value).data, undefined);
