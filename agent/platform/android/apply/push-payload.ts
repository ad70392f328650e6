// What a push's payload says, as Android's org.json hands it out, and what is told of it.
import { payloadText } from '../../../../protocol/headwind/push-text.js';
import type { PushMessage } from '../../../../protocol/headwind/types.js';

/** What came of a push: done, unless it failed. */
export interface PushReport {
  readonly about?: string;
  readonly said?: string;
  /** Why it failed. */
  readonly failed?: string;
}

/** The text under this name (`getString`), or why there is none. */
type RequiredText = { readonly text: string } | { readonly failed: string };

const longest = 4096;

export function requiredText({ payload }: PushMessage, name: string, missing: string): RequiredText {
  if (payload === undefined) return { failed: missing };
  const text = payloadText(payload, name);
  if (text === undefined) return { failed: `No value for ${name}` };
  return text.length > longest ? { failed: `${name} has ${text.length} characters` } : { text };
}

/** The same where it need not be there (`optString`). */
export function optionalText({ payload }: PushMessage, name: string): string | undefined {
  return payload === undefined ? undefined : payloadText(payload, name)?.slice(0, longest);
}
