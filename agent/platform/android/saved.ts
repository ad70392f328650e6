import { z } from 'zod';
import { savedForm } from '../saved-form.js';
import { appliedFields } from './apply/saved.js';
import { profileFields } from './profiles/saved.js';

// What an Android enrollment is, as stored: plain values and bytes. Optional keys are left out rather than set to undefined.

const text = z.string();
const moment = z.number();

/** A channel for pushes as it was set up: what the server's next configuration says need not be what the device listens to. */
const push = z.object({
  way: z.enum(['mqtt', 'poll', 'legacy-poll']),
  /** Scheme, host and port of the server that it was set up with. */
  baseUrl: text,
  project: text,
  /** Client and topic, or the device that polls. */
  number: text,
  /** Seconds. */
  keepalive: z.number(),
});
export type SavedPush = z.infer<typeof push>;

/** A migration that was carried out: where from, where to (base and project with a slash), and when. */
const move = z.object({ from: text, to: text, at: moment });

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
  enrolledAt: moment,
  /** A check-in is owed since the enrollment: its configuration asked for what only a session can do. */
  isFresh: z.exactOptional(z.literal(true)),
  /** When the hourly GET was made last; it counts from the enrollment until then. */
  forcedAt: moment,
  /** The configuration names no pushOptions: launcher 6.36 sets up no channel then, and its hourly timer fails. */
  hasNoPush: z.exactOptional(z.literal(true)),
  /** When sync/info was sent last. */
  infoAt: moment,
  /** Who manages the device, as the configuration says (custom1, by convention); absent where it names none. */
  managedBy: z.exactOptional(text),
  /** The configuration was changed, by a push, and has yet to be fetched. */
  owesSync: z.exactOptional(z.literal(true)),
  /** The port of MQTT, where the QR code names one (by convention). */
  mqttPort: z.exactOptional(z.number()),
  /** The network that the QR code named (WIFI_*). */
  provisionedWifi: z.exactOptional(
    z.object({
      ssid: text,
      securityType: z.exactOptional(text),
      password: z.exactOptional(text),
      hidden: z.exactOptional(z.boolean()),
    }),
  ),
  push: z.exactOptional(push),
  /** Pushes that have come and are to be acted upon, as they came, oldest first. */
  inbox: z.exactOptional(z.array(text)),
  /** How many pushes went for newer ones, more than are kept having come; yet to be told. */
  dropped: z.exactOptional(z.number()),
  /** Servers that the device went between, the newest last: by them it notices that it is sent in a circle. */
  moves: z.exactOptional(z.array(move)),
  /**
   * The server is being asked to confirm that the device is erased, has confirmed that, or the device is to be released: it has yet
   * to go.
   */
  leaving: z.exactOptional(z.enum(['confirming', 'wipe', 'retire'])),
  /** A restart was asked for, and the server may have taken its confirmation. */
  isRestarting: z.exactOptional(z.literal(true)),
  ...appliedFields,
  ...profileFields,
});
export type AndroidData = z.infer<typeof androidData>;

/** Checks such data when it is read, and before it is stored. */
export const { trust, read: readAndroidData } = savedForm<AndroidData>('Android', androidData);
