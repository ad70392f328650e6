import type { HeadwindConfiguration } from '../../../protocol/headwind/types.js';
import type { SavedLink } from '../../model/state.js';
import { LinkMemory } from '../link-memory.js';
import { type AndroidData, trust } from './saved.js';

/** Of the server that was asked for last: a fleet has one, or a few. */
let lastOrigin = { baseUrl: '', origin: '' };

function originOf({ baseUrl }: AndroidData): string {
  if (lastOrigin.baseUrl !== baseUrl) lastOrigin = { baseUrl, origin: new URL(baseUrl).origin };
  return lastOrigin.origin;
}

const form = {
  platform: 'android',
  originOf,
  trust,
} as const;

/** What an Android link remembers. */
export class AndroidMemory extends LinkMemory<AndroidData> {
  /** The configuration that was taken, as it was read: its text is in the data. Of this process. */
  taken: { readonly configuration: HeadwindConfiguration; readonly text: string } | undefined;

  constructor(authority: string, data: AndroidData, saved?: SavedLink) {
    super(form, authority, data, saved);
  }
}
