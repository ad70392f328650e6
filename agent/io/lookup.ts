import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { Clock } from '../../base/clock.js';

interface Known {
  readonly addresses: readonly LookupAddress[];
  readonly until: number;
}

const keepMs = 60_000;
const maxNames = 256;

/**
 * The system's name resolution, remembered for a minute and asked once at a time for each name. Without this every new
 * connection waits for one of libuv's few threads, on which RSA keys are being generated too.
 */
export function rememberingLookup(clock: Clock): LookupFunction {
  const known = new Map<string, Known>();
  const asked = new Map<string, ((error: NodeJS.ErrnoException | null, found: readonly LookupAddress[]) => void)[]>();

  function resolve(name: string, done: (error: NodeJS.ErrnoException | null, found: readonly LookupAddress[]) => void) {
    const held = known.get(name);
    if (held !== undefined && held.until > clock.now()) {
      done(null, held.addresses);
      return;
    }
    const waiting = asked.get(name);
    if (waiting !== undefined) {
      waiting.push(done);
      return;
    }
    const all = [done];
    asked.set(name, all);
    systemLookup(name, { all: true }, (error, addresses) => {
      asked.delete(name);
      if (error === null) {
        if (known.size >= maxNames) known.clear();
        known.set(name, { addresses, until: clock.now() + keepMs });
      }
      for (const each of all) each(error, addresses ?? []);
    });
  }

  return (name, options, callback) => {
    resolve(name, (error, found) => {
      const family = options.family === 'IPv4' ? 4 : options.family === 'IPv6' ? 6 : options.family;
      const fitting = family ? found.filter((address) => address.family === family) : [...found];
      const [first] = fitting;
      if (error !== null) callback(error, '', 0);
      else if (first === undefined)
        callback(Object.assign(new Error(`no address of ${name}`), { code: 'ENOTFOUND' }), '', 0);
      else if (options.all) callback(null, fitting);
      else callback(null, first.address, first.family);
    });
  };
}
