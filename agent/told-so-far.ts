import type { Device, DeviceEvent } from './device-types.js';

type Kept = Extract<DeviceEvent, { type: 'command' | 'declaration' | 'trouble' | 'lifted' }>;
type Of<T extends Kept['type']> = Extract<Kept, { type: T }>;

/** What a device has told since it was listened to, by kind and in order: for reports and `--json`. */
export interface ToldSoFar {
  readonly commands: readonly Of<'command'>[];
  readonly declarations: readonly Of<'declaration'>[];
  readonly trouble: readonly Of<'trouble'>[];
  readonly lifted: readonly Of<'lifted'>[];
}

/** Listens to the device; what is handed back grows. */
export function listenTo(device: Pick<Device, 'onEvent'>): ToldSoFar {
  const told = {
    commands: [] as Of<'command'>[],
    declarations: [] as Of<'declaration'>[],
    trouble: [] as Of<'trouble'>[],
    lifted: [] as Of<'lifted'>[],
  };
  device.onEvent((event) => {
    if (event.type === 'command') told.commands.push(event);
    else if (event.type === 'declaration') told.declarations.push(event);
    else if (event.type === 'trouble') told.trouble.push(event);
    else if (event.type === 'lifted') told.lifted.push(event);
  });
  return told;
}
