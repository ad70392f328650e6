import type { Device, DeviceChange, DeviceEvent } from './device-types.js';

type Kept = Extract<DeviceEvent, { type: 'command' | 'declaration' | 'trouble' | 'lifted' }>;
type Of<T extends Kept['type']> = Extract<Kept, { type: T }>;
type Failed = Extract<DeviceEvent, { type: 'failed' }>;

/** What a device has told since it was listened to, by kind and in order: for reports and `--json`. */
export interface ToldSoFar {
  readonly commands: readonly Of<'command'>[];
  readonly declarations: readonly Of<'declaration'>[];
  readonly trouble: readonly Of<'trouble'>[];
  readonly lifted: readonly Of<'lifted'>[];
  /** Of an enrollment that failed: Return to Service is one that no call of ours throws at. */
  readonly enrollmentFailures: readonly Failed[];
}

/** The same for `--json`: of what a command changed, the names alone. */
export const toldJson = ({ commands, declarations, trouble, lifted }: ToldSoFar) => ({
  commands: commands.map(withNames),
  declarations: declarations.map(withNames),
  trouble,
  lifted,
});

const withNames = <T extends { readonly changes: readonly DeviceChange[] }>(event: T) => ({
  ...event,
  changes: event.changes.map(({ command, outcome, decided }) => ({
    kind: command.kind,
    ...(command.kind === 'install-profile' ? { name: command.profile.name } : {}),
    ...(command.kind === 'remove-profile' || command.kind === 'native' ? { name: command.name } : {}),
    status: outcome.status,
    ...(outcome.status === 'done' ? {} : { reason: outcome.reason }),
    ...(decided === undefined ? {} : { decided }),
  })),
});

/** Listens to the device; what is handed back grows. */
export function listenTo(device: Pick<Device, 'onEvent'>): ToldSoFar {
  const told = {
    commands: [] as Of<'command'>[],
    declarations: [] as Of<'declaration'>[],
    trouble: [] as Of<'trouble'>[],
    lifted: [] as Of<'lifted'>[],
    enrollmentFailures: [] as Failed[],
  };
  device.onEvent((event) => {
    if (event.type === 'command') told.commands.push(event);
    else if (event.type === 'declaration') told.declarations.push(event);
    else if (event.type === 'trouble') told.trouble.push(event);
    else if (event.type === 'lifted') told.lifted.push(event);
    else if (event.type === 'failed' && event.during === 'enroll') told.enrollmentFailures.push(event);
  });
  return told;
}
