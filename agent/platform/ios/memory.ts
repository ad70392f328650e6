import type { SavedLink } from '../../model/state.js';
import { LinkMemory } from '../link-memory.js';
import { type IosData, trust } from './saved.js';

const form = {
  platform: 'ios',
  originOf: ({ management }: IosData) => new URL(management.serverUrl).origin,
  trust,
} as const;

/** What an iOS link remembers. */
export class Memory extends LinkMemory<IosData> {
  constructor(authority: string, data: IosData, saved?: SavedLink) {
    super(form, authority, data, saved);
  }
}
