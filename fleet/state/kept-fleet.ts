import { z } from 'zod';
import { agentError } from '../../agent/index.js';
import { describeMisfit } from '../../protocol/vocabulary/misfit.js';
import { platformNames } from '../../protocol/vocabulary.js';

const group = z.strictObject({
  name: z.string(),
  platform: z.enum(platformNames),
  count: z.int().min(0),
  os: z.exactOptional(z.string()),
  model: z.exactOptional(z.string()),
  ownership: z.exactOptional(z.enum(['personal', 'company'])),
  supervised: z.exactOptional(z.number()),
  enrolled: z.exactOptional(z.array(z.strictObject({ as: z.string(), weight: z.number() }))),
  infoEveryMs: z.exactOptional(z.number()),
});

/** `fleet.json`: whose devices lie in a state folder, and where they are enrolled. No secrets. */
const keptFleet = z.strictObject({
  version: z.literal(1),
  seed: z.string(),
  groups: z.array(group),
  users: z.union([
    z.strictObject({ devicesEach: z.int().min(1) }),
    z.strictObject({ count: z.int().min(1) }),
    z.strictObject({ file: z.string(), sha256: z.string() }),
  ]),
  /** What devices remember of their server: an embedded stub has to be there again. */
  server: z.strictObject({
    url: z.string(),
    pushUrl: z.exactOptional(z.string()),
    mqttPort: z.exactOptional(z.number()),
    isEmbedded: z.boolean(),
  }),
});
export type KeptFleet = z.infer<typeof keptFleet>;

/** Throws STATE_CORRUPT. */
export function readKeptFleet(path: string, text: string): KeptFleet {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw agentError('STATE_CORRUPT', `${path} is no JSON`, { cause });
  }
  const { data, error } = keptFleet.safeParse(value);
  if (data === undefined) throw agentError('STATE_CORRUPT', `${path}: ${describeMisfit(error)}`);
  return data;
}
