import { realClock } from '../../../base/clock.js';
import type { Log } from '../../../base/log.js';
import type { Trace } from '../../../base/trace.js';
import type { Http, Random, WakeObservation } from '../../model/ports.js';
import { headwindLegacyPoll, headwindPoll } from './headwind-poll.js';
import { mqttWay } from './mqtt.js';
import type { SocketTrust } from './push-transport.js';
import type { OpenWay } from './way.js';

/** What the ways of an Android device are made from. */
interface HeadwindWaysOptions extends SocketTrust {
  readonly random: Random;
  readonly log: Log;
  readonly localAddresses?: readonly string[];
  readonly observe?: ((observation: WakeObservation) => void) | undefined;
  readonly trace?: Trace;
  readonly http: Http;
  /** Made when the first device polls in this manner: its answers may take as long as `longPollReadMs`. */
  openPatientHttp(): Http;
}

/** By the names that an ask says. None of them opens or loads anything until the first device asks. */
export function headwindWays({ openPatientHttp, http, random, log, ...rest }: HeadwindWaysOptions) {
  const common = { random, log, clock: realClock };
  return {
    mqtt: mqttWay({ ...common, ...rest }),
    'headwind-poll': (events) => headwindPoll({ ...common, http: openPatientHttp() })(events),
    'headwind-legacy-poll': headwindLegacyPoll({ ...common, http }),
  } satisfies Record<string, OpenWay>;
}
