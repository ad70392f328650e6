import type { KeyObject } from 'node:crypto';
import type { Authority, Command, Outcome, PlatformName } from '../../protocol/vocabulary.js';
import type { Whose } from '../model/apply-command.js';
import type { Happening } from '../model/happening.js';
import type { Leniency } from '../model/leniency.js';
import type { PasscodeManners } from '../model/passcode.js';
import type { Ports, Random, WakeAsk } from '../model/ports.js';
import type { ServerTrust } from '../model/server-rules.js';
import type { DeviceFacts, DeviceState, SavedLink } from '../model/state.js';
import type { Copying } from './copying.js';
import type { RetryPolicy } from './schedule.js';

/** What a folder under platform/ exports. This file is all a new platform has to read. */
export interface Platform {
  readonly name: PlatformName;
  /** Invents a device. The same randomness and wishes give the same device. Throws USAGE for a wish that none can meet. */
  describe(random: Random, wish?: DeviceWish): DeviceFacts;
  create(device: DeviceView, ports: Ports): Driver;
  /** What it adds to the refusal to enroll a device that has an authority: Windows has an HRESULT for it. */
  readonly alreadyEnrolled?: { readonly message: string; readonly details: Readonly<Record<string, unknown>> };
  /** Path and query at which a server of ours enrolls it. Default: `/enroll/<name>?user=UPN`. */
  enrollPath?(user: string | undefined): string;
  /** Address of the server that an invitation's document names, for people; undefined where it names none. Throws nothing. */
  serverIn?(document: Uint8Array): string | undefined;
  /** How it reads passcode policies, and what it calls a refusal. Default: three in a row are simple, no words of its own. */
  readonly passcode?: PasscodeManners;
  /** Who is signed in is told from whether the screen is locked: a person can sign in and out. */
  readonly hasSignIn?: true;
  /** Its servers wake it themselves: it needs no push service (`--push`). */
  readonly isWokenByServer?: true;
  /** What its server knows it by, where that may be another than its id: of the data of its link. */
  enrolledAs?(data: SavedLink['data']): string;
  /** Whether this way of enrolling never starts in a Company Portal, as Setup Assistant does not. Default: each may. */
  startsBySystem?(facts: DeviceFacts, invitation: Invitation): boolean;
  /** How one device's state is made from another's. */
  readonly copying?: Copying;
  /** How it is managed where the server does not own all of it, in words for people. */
  managedAs?(facts: DeviceFacts): string | undefined;
}

/** What somebody wants of an invented device; the rest is made to fit it. */
export interface DeviceWish {
  /** Hardware identifier or marketing name, such as `iPhone15,2` or `iPhone 14 Pro`. */
  readonly model?: string;
  /** Version or build of the operating system, such as `18.1` or `22B83`. */
  readonly os?: string;
  /** Serial number and the platform's own identifier (Apple's UDID), in the platform's shapes. */
  readonly serial?: string;
  readonly id?: string;
}

/** The device as a driver sees it: always the present state, never to be changed here. Changes go through `Apply`. */
export interface DeviceView {
  readonly state: DeviceState;
  /** What the user lifted of the platform's strictness. The strict way is tried first; what is lifted is told. */
  readonly lenient: ReadonlySet<Leniency>;
  /** Tells the person at the device what happens, as it happens. Costs nothing where nobody listens. */
  tell(happening: Happening): void;
}

/** Speaks one platform's protocol for one device. Holds no timers, no retries between sessions and no policy. */
export interface Driver {
  /** Joins an authority, or throws and leaves nothing behind on this side. `settle` comes before the word that completes it. */
  enroll(invitation: Invitation, apply: Apply, signal: AbortSignal, settle?: Settle): Promise<Link>;
  /** Picks up a link saved by an earlier process. Throws STATE_CORRUPT when it cannot be read. */
  resume(saved: SavedLink): Link;
}

/** Why a device checks in; a platform may have to say so on the wire (Windows: alert 1200 or 1201, UserAgentOrigin). */
export const checkInReasons = [
  /** Somebody asked for it at the device. */
  'by-hand',
  /** The link's own schedule, or the one that the user gave. */
  'scheduled',
  /** The authority asked for it by a wake-up. */
  'woken',
  /** A person signed in. */
  'login',
  /** The screen was unlocked, and something had been put off until then. */
  'unlocked',
  /** The first session after an enrollment, where the platform begins it by itself. */
  'enrolled',
  /** The identity certificate is to be renewed. */
  'renewal-due',
  /** The device has something to report that is not the answer to a command of this session. */
  'report-due',
] as const;
/** Why a device checks in. */
export type CheckInReason = (typeof checkInReasons)[number];

/** An enrollment that exists: a check-in cannot be written down before there is one. */
export interface Link {
  /** What to store now; changes with every session in which the link learned something. */
  readonly saved: SavedLink;
  /**
   * One session: fetches, applies and answers commands until the authority has no more. Whatever a command changed, on the
   * device or in `saved`, is saved before the authority is told: a process may end at any moment.
   * Throws CHECKIN_REFUSED when the authority disowned the device, AUTHORITY_BUSY or TRANSPORT_LOST when the session broke.
   */
  checkIn(session: SessionRequest): Promise<LinkReport>;
  /**
   * The first check-in after the moment `after` that this link makes by itself: its schedule, its renewal. Strictly later than
   * `after`, perhaps in the past: then it is overdue. A function of what is saved and of the device's state alone. Absent:
   * the platform has no schedule of its own.
   */
  nextCheckIn?(after: number): PlannedCheckIn | undefined;
  /** The first moment after `after` at which this link changes the device without a word to the authority; as `nextCheckIn`. */
  nextLocalAct?(after: number): number | undefined;
  /**
   * Does what has come due for that, with no network: removes what has expired, ends what was not heard of for too long.
   * Called at its moment while the device runs, and before every session. Leaves saving and leaving to the caller.
   */
  actLocally?(act: LocalAct): Promise<LocalReport>;
  /** When a session that broke is tried again. */
  readonly retry: RetryPolicy;
  /** What this link asks of the wake-up port, as plain data; undefined when nothing can wake it. */
  readonly wakeAsk: WakeAsk | undefined;
  /**
   * Asks to be woken without listening, for a packed device of an earlier process. Where its way cannot begin that is told as trouble,
   * and the way goes on trying. Absent: nothing can wake it. Throws INTERRUPTED.
   */
  askToBeWoken?(signal: AbortSignal): Promise<void>;
  /** Yields each time the authority asks the device to check in. Ends when the signal is aborted. */
  wakeups(signal: AbortSignal): AsyncIterable<void>;
  /** Tells the authority the device is leaving, as far as the protocol has words for it; best effort. */
  leave(signal: AbortSignal): Promise<void>;
  /** How the device judges the servers that it meets as a managed one. Absent: as every TLS client does. */
  readonly server?: ServerTrust;
  /** By which the authority knows the device, where that is not its facts' `id`: Windows has a new one after a wipe. */
  readonly deviceId?: string;
  /** Who manages the device, as the protocol said last; undefined where it says nothing of it. */
  readonly managedBy?: Authority | undefined;
  /** The certificate (DER) that a held profile of this name brought or fetched, where it did. */
  certificateOf?(name: string): Uint8Array | undefined;
  /** A person who signs in makes the device check in (Windows: PollOnLogin). */
  readonly checksInAtSignIn?: boolean;
  /** Frees what the link holds outside the device (what it asked of the wake-up port). Never throws. */
  forget(): Promise<void>;
}

/** What a session is given. */
export interface SessionRequest {
  readonly reason: CheckInReason;
  readonly apply: Apply;
  readonly signal: AbortSignal;
  /** Default: nothing is stored. Throws STATE_UNSAVED: then what a command changed is undone, and it is answered "later". */
  readonly save?: SaveDevice;
  /** Puts the device back to what was saved last; the link's own memory is the link's to put back. Default: nothing is. */
  readonly undo?: () => void;
}

/** A check-in that a link makes by itself; `at` in milliseconds since the epoch, on the device's clock. */
export interface PlannedCheckIn {
  readonly at: number;
  readonly reason: CheckInReason;
}

/** What a link is given to change the device by itself. */
export interface LocalAct {
  /** The present moment: all that is due by then is done. */
  readonly now: number;
  readonly apply: Apply;
}

/** What came of an act without the network. */
export interface LocalReport {
  /** Set when the act ended the enrollment. */
  readonly left?: 'removed';
  /** The authority is not told of it, though it could be reached. */
  readonly isSilent?: true;
}

/**
 * Carries a command out on the device. The driver has translated and judged it; device.ts changes the state.
 * A `native` command changes apps, battery or OS version where its body has a `change` (model/change.ts), else nothing. `whose`:
 * of a profile that is installed.
 */
export type Apply = (command: Command, whose?: Whose) => Promise<Outcome>;

/**
 * Saves the device as it is now, its link with it. Costs nothing where nothing changed. `ahead` is called before something is
 * stored that outlives the process: what the link notes then, such as the answer it is about to give, is stored with it.
 */
export type SaveDevice = (ahead?: () => void) => Promise<void>;

/**
 * Saves the enrollment as it will be, before the authority is told that it stands: a process that ends in between has a link
 * that can be resumed, and that says the missing word in its next session. Throws STATE_UNSAVED: then nothing stands.
 */
export type Settle = (link: Link) => Promise<void>;

/** What came of one check-in. */
export interface SessionReport {
  readonly commands: number;
  /** How many commands were answered "later". */
  readonly later: number;
  /** HTTP exchanges of the session. */
  readonly requests: number;
  /** Set when the session ended the enrollment: removed by the authority, or wiped. */
  readonly left?: 'removed' | 'wiped';
  /** After a wipe with Return to Service: which enrollment follows at once. */
  readonly next?: Pick<Invitation, 'authority' | 'url'>;
}

/** The same as a link knows it: the enrollment to follow with its document, which may hold secrets and goes no further. */
export interface LinkReport extends Omit<SessionReport, 'next'> {
  readonly next?: Invitation;
}

/** How to join an authority. Either a `url` to fetch the first document from, or the document itself. */
export interface Invitation {
  /** Label under which the device remembers who manages it. */
  readonly authority: string;
  readonly url?: string;
  readonly document?: Uint8Array;
  /** A profile with the network to enroll over, for a device that has just been wiped (Return to Service): installed first. */
  readonly network?: Uint8Array;
  /** User principal name, where the way in asks who is enrolling. */
  readonly user?: string;
  /** Password or token of that user. Never logged. */
  readonly secret?: string;
  /**
   * Proof that takes the place of a sign-in, for platforms that have one: a token as it is to be sent, or who gets it where the
   * authority says at which address people sign in. Wins over `secret`. Never logged.
   */
  readonly token?: string | SignIn;
  /**
   * Windows: the device joins the organization's directory (Entra) first, whose token takes the place of every other proof: the
   * address of a token service, or who gets the token. Without `url` the directory says where to enroll.
   */
  readonly entra?: string | EntraSignIn;
  /** Windows: Autopilot enrolls the device (convention), by its user or by itself; by itself it needs neither user nor token. */
  readonly autopilot?: 'userDriven' | 'selfDeploying';
  /** What the person says to the terms of use of a join. Default true. */
  readonly acceptsTerms?: boolean;
  /**
   * The version of the Company Portal in which the enrollment starts (by convention); false: the system starts it. Default: the device's
   * own, where it has one and the way of enrolling can start there. A driver is told the version, or nothing.
   */
  readonly companyPortal?: string | false;
  /** A certificate that the person has already: shown where the authority asks for one. */
  readonly certificate?: EnrollmentCertificate;
  /** Accept http:// addresses in the document (a test server without TLS in front). Default false. */
  readonly allowHttp?: boolean;
}

/** Signs a person in at an address of the authority's and gives the token that comes of it. Throws what it likes: the enrollment fails by it. */
export type SignIn = (
  request: { readonly url: string; readonly user?: string },
  signal: AbortSignal,
) => Promise<string>;

/** What a directory gives a device that joins it. */
export interface EntraGrant {
  /** The JWT for the management server. Never logged. */
  readonly token: string;
  /** Where the tenant says that its devices enroll: a discovery service. */
  readonly enrollmentUrl?: string;
  /** Terms to be accepted before. */
  readonly termsOfUseUrl?: string;
}

/** Joins a directory and gives what it gave. `deviceId`: the device's identifier there. Throws what it likes: the enrollment fails by it. */
export type EntraSignIn = (
  request: { readonly user?: string; readonly deviceId: string },
  signal: AbortSignal,
) => Promise<EntraGrant>;

/** A person's certificate (DER) with its RSA key. */
export interface EnrollmentCertificate {
  readonly certificate: Uint8Array;
  readonly privateKey: KeyObject;
}
