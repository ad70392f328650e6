import { z } from 'zod';
import { savedForm } from '../saved-form.js';
import { appliedFields } from './apply/saved.js';
import { profileFields } from './profiles/saved.js';

// What an Android enrollment is, as stored: plain values and bytes. Optional keys are left out rather than set to undefined.

const text = z.string();
const moment = z.number();

/** A channel for pushes as it was set up: what the server's next configuration says need not be what the device listens to. */
const push = z.object({
  way: z.enum(['mqtt', 'poll']),
  /** Scheme, host and port of the server that it was set up with. */
  baseUrl: text,
  project: text,
  /** Client and topic, or the device that polls. */
  number: text,
  /** Seconds. */
  keepalive: z.number(),
});
export type SavedPush = z.infer<typeof push>;

/** A migration that was carried out or tried: where from, where to, and when. */
const move = z.object({ from: text, to: text, at: moment });
export type SavedMove = z.infer<typeof move>;

const androidData = z.object({
  /** The device's number: its name at the server, in every path and topic. */
  number: text,
  /** The number before a renaming that the server has yet to see completed: it pushes to that one until then. */
  oldNumber: z.exactOptional(text),
  /** Scheme, host and port. */
  baseUrl: text,
  secondaryBaseUrl: text,
  /** The server's context path without slashes; empty for the root. */
  project: text,
  /** What signatures are made with (specs/android.md §1.2). */
  secret: text,
  /** How often and after how many seconds a request that got no answer is made again (CONN_RETRY_COUNT, CONN_RETRY_DELAY). */
  retryCount: z.number(),
  retryDelay: z.number(),
  /** http:// addresses are taken for what is downloaded, too. */
  allowHttp: z.exactOptional(z.literal(true)),
  enrolledAt: moment,
  /** The configuration of the enrollment is applied, and sync/info is to follow: a process ended in between. */
  isFresh: z.exactOptional(z.literal(true)),
  /** When the device last fetched its configuration, and when it last sent sync/info. */
  syncedAt: moment,
  infoAt: moment,
  /** How many configurations the device has taken: what is told of one of them has an id of it. */
  syncs: z.number(),
  push: z.exactOptional(push),
  /** Pushes that have come and are to be acted upon, as they came, oldest first. */
  inbox: z.exactOptional(z.array(text)),
  /** The device's log is to be sent again at this moment. */
  logRetryAt: z.exactOptional(moment),
  /** Dynamic information: how often, in milliseconds, counted since. */
  dynamicInfo: z.exactOptional(z.object({ everyMs: z.number(), since: moment })),
  /** Servers that the device went between, the newest last: by them it notices that it is sent in a circle. */
  moves: z.exactOptional(z.array(move)),
  ...appliedFields,
  ...profileFields,
});
export type AndroidData = z.infer<typeof androidData>;

/** Checks such data when it is read, and before it is stored. */
export const { trust, read: readAndroidData } = savedForm<AndroidData>('Android', androidData);
