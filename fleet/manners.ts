// What devices of a run are beside what its scenario says: the options of `rollcall device` that say how a new one behaves.
import type { EngineTarget } from './engine/messages.js';
import type { TargetOptions } from './options.js';

/** How new devices of a platform behave, as their facts have it; undefined where no option says anything. */
export function nativeOf(options: TargetOptions): EngineTarget['native'] {
  const { csr, signatures, exact, background, 'mqtt-tls': tls } = options;
  const windows = csr === undefined ? {} : { CsrForm: csr };
  const android = {
    ...(signatures === undefined ? {} : { Signatures: signatures }),
    ...(tls === undefined ? {} : { MqttTls: tls }),
    ...(exact === undefined ? {} : { Launcher: exact ? 'launcher' : 'thorough' }),
    ...(background === undefined ? {} : { Ground: background ? 'background' : 'foreground' }),
  };
  const said = Object.entries({ windows, android }).filter(([, each]) => Object.keys(each).length > 0);
  return said.length === 0 ? undefined : Object.fromEntries(said);
}
