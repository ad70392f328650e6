import { z } from 'zod';
import { savedForm } from '../saved-form.js';
import { appliedFields } from './apply/saved.js';
import { profileFields } from './profiles/saved.js';

// What an Android enrollment is, as stored: plain values and bytes. Optional keys are left out rather than set to undefined.

const text = z.string();
const moment = z.number();

const androidData = z.object({
  /** The device's number: its name at the server, in every path and topic. */
  number: text,
  /** Scheme, host and port. */
  baseUrl: text,
  secondaryBaseUrl: text,
  /** The server's context path without slashes; empty for the root. */
  project: text,
  /** What signatures are made with (specs/android.md §1.2). */
  secret: text,
  enrolledAt: moment,
  ...appliedFields,
  ...profileFields,
});
export type AndroidData = z.infer<typeof androidData>;

/** Checks such data when it is read, and before it is stored. */
export const { trust, read: readAndroidData } = savedForm<AndroidData>('Android', androidData);
