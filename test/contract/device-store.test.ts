import { openFileStore } from '../../agent/store/file-store.js';
import { createMemoryStore } from '../../agent/store/memory-store.js';
import { createPacker } from '../../agent/store/pack.js';
import { someState } from '../support/devices.js';
import { temporaryFolder } from '../support/programs.js';
import { deviceStoreContract } from './device-store.js';

deviceStoreContract('in memory', () => createMemoryStore());
deviceStoreContract('in memory, compact', () => createMemoryStore(createPacker([someState(0)])));
deviceStoreContract('on disk (files)', () => openFileStore(temporaryFolder()));
