// What is remembered of a device that was made after another: stamps are hashes of what it was sent.
import { z } from 'zod';
import { hashOf } from './render/draft.js';
import { readRenderMemory } from './render/remembered.js';

const sentSettings = z.object({
  applicationSettings: z.array(
    z.object({
      packageId: z.string(),
      name: z.string(),
      value: z.string().nullish(),
      lastUpdate: z.number().optional(),
    }),
  ),
});

/** Each stamp of a setting by its value in `sent`, the configuration that the device has. Throws SyntaxError, ZodError. */
export function settled(memory: Readonly<Record<string, unknown>>, sent: string): Readonly<Record<string, unknown>> {
  const { rendering } = memory;
  const { stamps } = readRenderMemory(rendering);
  if (stamps === undefined || typeof rendering !== 'object') return memory;
  const { applicationSettings } = sentSettings.parse(JSON.parse(sent));
  const values = new Map<string, string | null | undefined>(
    applicationSettings.map(({ packageId, name, value }) => [`setting ${packageId} ${name}`, value]),
  );
  const anew = Object.entries(stamps).map(([key, stamp]) => {
    const value = values.get(key);
    return [key, typeof value === 'string' ? { ...stamp, hash: hashOf(value) } : stamp] as const;
  });
  return { ...memory, rendering: { ...rendering, stamps: Object.fromEntries(anew) } };
}
