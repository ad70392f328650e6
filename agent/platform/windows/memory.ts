import type { SavedLink } from '../../model/state.js';
import { LinkMemory } from '../link-memory.js';
import { trust, type WindowsData } from './saved.js';

const form = {
  platform: 'windows',
  originOf: ({ account }: WindowsData) => new URL(account.address).origin,
  trust,
} as const;

/** What a Windows link remembers. */
export class WindowsMemory extends LinkMemory<WindowsData> {
  constructor(authority: string, data: WindowsData, saved?: SavedLink) {
    super(form, authority, data, saved);
  }
}
