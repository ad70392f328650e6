import type { Authority } from '../../protocol/vocabulary.js';
import type { Attempt } from './admission-types.js';
import type { DeviceRecord, EndOfEnrollment, EnrollmentFailureRecord, EnrollRequest, User } from './types.js';

/** The first step of an enrollment, as far as the core has to know it. */
export interface AdmitRequest
  extends Pick<
    Attempt,
    'platform' | 'user' | 'way' | 'companyPortal' | 'bulkToken' | 'autopilotMode' | 'deviceId' | 'startedAt'
  > {
  /** What is known of the device before it presents itself, because a Company Portal asks for it: then the whole table is judged. */
  readonly asks?: AskingDevice | undefined;
}

/** A device of which a Company Portal asks whether it may enroll. */
export type AskingDevice = Required<Pick<Attempt, 'deviceId'>> &
  Pick<Attempt, 'serial' | 'imei' | 'osVersion' | 'model'>;

export interface Admitted {
  /** Absent: nobody was named. */
  readonly user?: User;
  /** To be told to `enroll`, where attempts of the platform are watched (E01). */
  readonly attempt?: string;
}

/** What a device tells with the last step of its enrollment, and the record does not keep. */
export type ConfirmFacts = Pick<Attempt, 'manufacturer' | 'way' | 'formerDeviceId'>;

/** Who may enroll, and what an enrollment begins and ends. */
export interface Enrollments {
  /**
   * May an enrollment begin? Judges what is known of the person and the way, or with `asks` all of it (admission.ts). Throws
   * ENROLLMENT_REFUSED (E02, E04, E05, E12, E18, E20; with `asks` any) and records it.
   */
  admit(request: AdmitRequest): Admitted;
  /**
   * What `admit` allowed cannot be given at present: whoever asked was told to come again, and no end of it is waited for (E01). Nothing
   * happens where there is no such attempt, something was given out for it before, or a device has presented itself with it.
   */
  withdraw(attempt: string): void;
  /** Who manages this user's devices from their next session on; of nobody's device: the tenant's authority. */
  managerOf(userId: string | undefined): Authority;
  /**
   * The device presents itself, and has `enrollmentMs` from the first step until `confirm`. A device known here starts anew: its queue is
   * cleared. Throws ENROLLMENT_REFUSED with any failure, which is recorded once for each attempt.
   */
  enroll(request: EnrollRequest): DeviceRecord;
  /**
   * The enrollment is complete: the device may be sent commands from now on, and is notified that some wait.
   * Set the dialect's push token before, and what the device told of itself. Nothing happens when it was confirmed before. Throws
   * DEVICE_UNKNOWN; and where what `enroll` asked for holds no more, ENROLLMENT_REFUSED: nothing is left of the enrollment then.
   */
  confirm(deviceId: string, facts?: ConfirmFacts): DeviceRecord;
  /** The device of this attempt, or of this id, told an error or dropped its connection: should it never come back, that was why (E01). */
  disconnected(attempt: string): void;
  /** It was heard again. */
  reconnected(attempt: string): void;
  /** Forgets an enrollment: device left by itself, was retired, or its enrollment was abandoned. Nothing happens when there is none. */
  unenroll(deviceId: string, why: EndOfEnrollment): void;
  /** A device is told again that its enrollment has ended, which may not be stored yet: the answer waits for that. */
  endedBefore(): void;
  /** Oldest first. */
  failures(): readonly EnrollmentFailureRecord[];
  /** Newest first and without a copy, each with its number, which stays; those before a number, where one is given. */
  failuresBefore(number?: number): Iterable<readonly [number: number, failure: EnrollmentFailureRecord]>;
  failureCount(): number;
  /** Of one user, by id or name, without looking at the others. */
  failuresOf(user: string): readonly EnrollmentFailureRecord[];
  /** Calls back with the last record of each device whose enrollment ended, whatever the reason. */
  onGone(listener: (device: DeviceRecord) => void): () => void;
}
