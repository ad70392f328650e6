import type { BuiltIn } from '../dialect.js';

/** Nothing of Android's own yet. */
export const builtIn = (): BuiltIn => ({ profiles: () => [] });
