// The CSPs that a device has: each a data file (`*.ddf.ts`) and, where its nodes mean something, a module. One line each.
import type { CspSchema } from '../tree/schema.js';
import type { CspModule } from './module.js';

/** The trees. */
export const cspSchemas: readonly CspSchema[] = [];

/** What gives them a meaning. */
export const cspModules: readonly CspModule[] = [];
