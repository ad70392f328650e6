import { type ErrorEntry, errorsOf } from '../base/errors.js';

/** Failures of a fleet run. Some are about the run itself, the others count devices in its report. */
export const fleetCatalogue = {
  SCENARIO_INVALID: { retry: false, hint: 'Mend the scenario file; the details list every mistake with its place.' },
  RUN_NOT_STARTED: {
    retry: false,
    hint: 'Nothing was sent: the authority could not be started or reached. See the cause.',
  },
  AUTHORITY_LOST: {
    retry: false,
    hint: 'The embedded authority ended in the middle of the run; the figures are those until then.',
  },
  ENGINE_LOST: {
    retry: false,
    hint: 'A process of the run was ended or stopped answering. What it had measured until then is shown apart and is in no other figure; nobody took its place.',
  },
  DEVICE_REMOVED: {
    retry: false,
    hint: 'The authority ended the enrollment, or the device by its own clock (lost contact), and no step of the scenario asked for that; look there for the reason.',
  },
  RUN_ABORTED: {
    retry: false,
    hint: 'What the scenario names under abortOn came true; the figures are those until then.',
  },
  ADMIN_REFUSED: { retry: false, hint: 'The authority refused an administrative request; check --token and --server.' },
  WAKE_MISSED: { retry: true, hint: 'No notification reached the device in time; look at the push service.' },
  PROFILE_MISSING: {
    retry: false,
    hint: 'The device checked in but does not hold what the step expects; see the authority.',
  },
  MOVE_MISSED: {
    retry: false,
    hint: 'The device checked in after the switch but is still managed by the old authority.',
  },
  RESOURCE_OPEN: {
    retry: false,
    hint: 'The gate let a device in with a profile whose days of grace were over; see the authority.',
  },
  REPORT_UNWRITTEN: {
    retry: false,
    hint: 'The run ended as its table says; only the report is missing. Look at the folder and the space left.',
  },
  LOG_INVALID: { retry: false, hint: 'Name a run.ndjson.gz that `fleet run --out` wrote, or the folder of one.' },
  FLEET_DIFFERS: {
    retry: false,
    hint: 'The folder of --state keeps another fleet: leave out --devices and --seed to go on with it, or name another folder.',
  },
  FLEET_UNFINISHED: {
    retry: false,
    hint: 'Prepare it again: `rollcall fleet prepare` with the same --state removes what is there of it and starts anew; or remove the folder.',
  },
  STEP_SKIPPED: { retry: false, hint: 'An earlier step failed for this device, so this one was not tried.' },
} as const satisfies Record<string, ErrorEntry>;

export const fleetError = errorsOf(fleetCatalogue);
