import type { SavedLink } from '../../model/state.js';
import { LinkMemory } from '../link-memory.js';
import { type AndroidData, trust } from './saved.js';

const form = {
  platform: 'android',
  originOf: ({ baseUrl }: AndroidData) => new URL(baseUrl).origin,
  trust,
} as const;

/** What an Android link remembers. */
export class AndroidMemory extends LinkMemory<AndroidData> {
  constructor(authority: string, data: AndroidData, saved?: SavedLink) {
    super(form, authority, data, saved);
  }
}
