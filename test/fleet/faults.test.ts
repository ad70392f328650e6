import { describe, expect, it, onTestFinished } from 'vitest';
import {
  createDevice,
  createPorts,
  enrollAddress,
  type Http,
  type HttpObservation,
  type HttpRequest,
  type Ports,
  seededRandom,
} from '../../agent/index.js';
import { monotonicMs } from '../../base/clock.js';
import { isRollcallError } from '../../base/errors.js';
import { reasonOf } from '../../fleet/engine/failure.js';
import { faultyPorts } from '../../fleet/faults/faulty-ports.js';
import type { Fault } from '../../fleet/scenario/model.js';
import type { PlatformName } from '../../protocol/vocabulary.js';
import { deviceKeys } from '../support/keys.js';
import { openTarget } from './stub.js';

const platforms: readonly PlatformName[] = ['ios', 'windows', 'android'];

/** A device that enrolls soundly, and checks in with these faults afterwards; and what went over the wire then. */
async function checkInWith(platform: PlatformName, faults: readonly Fault[]) {
  const { authority } = await openTarget(1);
  const seen: HttpObservation[] = [];
  const made = await createPorts({
    ca: authority.caPem,
    keys: deviceKeys(2),
    http: { observe: (observation) => seen.push(observation) },
  });
  onTestFinished(made.close);
  const sound: Ports = { ...made.ports, random: seededRandom('faults', 1) };
  const user = 'user1@contoso.example';
  const first = createDevice({ platform, ports: sound });
  await first.enroll({ authority: 'stub', url: enrollAddress(platform, authority.url, user), user });
  await first.checkIn();
  await first.close();
  const { state } = first;
  const again = (ports: Ports) => {
    const device = createDevice({ platform, state, ports });
    onTestFinished(() => device.close());
    return device;
  };
  seen.length = 0;
  const broken = again(faultyPorts(sound, faults, seededRandom('faults', 2)));
  const failure = await broken.checkIn().then(
    () => undefined,
    (error: unknown) => error,
  );
  const during = [...seen];
  return {
    during,
    code: isRollcallError(failure) ? failure.code : failure,
    reason: reasonOf(failure),
    statuses: during.map(({ status }) => status),
    again: () => again(sound).checkIn(),
  };
}

/** What the stub says of it, as reports show it. */
const reasons: Readonly<Record<PlatformName, { readonly signature: RegExp; readonly message: RegExp }>> = {
  ios: { signature: /^Mdm-Signature: the signature is not by the certificate/, message: /./ },
  windows: { signature: /^the certificate names this CA and is not signed by it/, message: /./ },
  android: { signature: /error\.permission\.denied/, message: /^HTTP status: 400/ },
};

/** Statuses of the session's exchanges. A Headwind server says in a 200 that it refuses a signature. */
const refusals: Readonly<Record<PlatformName, { readonly signature: number[]; readonly message: number[] }>> = {
  ios: { signature: [400], message: [400] },
  windows: { signature: [403], message: [400] },
  android: { signature: [200], message: [200, 200, 400] },
};

it('loses a connection while it is made, in the middle of what it says, or of what it hears', async () => {
  const asked: HttpRequest[] = [];
  const answer = { status: 200, headers: {}, body: Buffer.alloc(0), url: '' };
  const http: Http = {
    open: () => ({
      request: async (request) => {
        asked.push(request);
        return answer;
      },
      close: () => {},
    }),
  };
  const fault: Fault = { kind: 'connection-dropped', share: 1, probability: 0.9 };
  const session = faultyPorts({ http } as Ports, [fault], seededRandom('faults', 3)).http.open();
  let refused = 0;
  for (let n = 0; n < 1000; n++)
    await session.request({ method: 'POST', url: 'https://a', body: 'ab' }).catch(() => refused++);
  const share = (breaks: string | undefined) => asked.filter((each) => each.fault?.breaks === breaks).length;
  for (const count of [refused, share('sending'), share('answering')]) expect(Math.abs(count - 300)).toBeLessThan(50);
  expect(Math.abs(share(undefined) - 100)).toBeLessThan(30);
});

/** Requests as they reach the network, each with how long it took to get there, through these faults. */
async function passedOn(faults: readonly Fault[]) {
  const asked: (HttpRequest & { readonly afterMs: number })[] = [];
  let from = 0;
  const http: Http = {
    open: () => ({
      request: async (request) => {
        asked.push({ ...request, afterMs: monotonicMs() - from });
        return { status: 200, headers: {}, body: Buffer.alloc(0), url: '' };
      },
      close: () => {},
    }),
  };
  const session = faultyPorts({ http } as Ports, faults, seededRandom('faults', 4)).http.open();
  for (let n = 0; n < 3; n++) {
    from = monotonicMs();
    await session.request({ method: 'GET', url: 'https://a' });
  }
  return asked;
}

it('reads every answer at the rate of its fault, and no other', async () => {
  const asked = await passedOn([{ kind: 'slow-reads', share: 1, bytesPerSecond: 500 }]);
  expect(asked.map(({ fault }) => fault)).toEqual([
    { bytesPerSecond: 500 },
    { bytesPerSecond: 500 },
    { bytesPerSecond: 500 },
  ]);
  expect((await passedOn([])).map(({ fault }) => fault)).toEqual([undefined, undefined, undefined]);
});

it('holds up every request in real time', async () => {
  const asked = await passedOn([{ kind: 'latency', share: 1, ms: { kind: 'fixed', value: 20 } }]);
  for (const { afterMs } of asked) expect(afterMs).toBeGreaterThan(18);
});

it('has several faults at once, each as by itself', async () => {
  const [first] = await passedOn([
    { kind: 'slow-reads', share: 1, bytesPerSecond: 500 },
    { kind: 'latency', share: 1, ms: { kind: 'fixed', value: 20 } },
  ]);
  expect(first?.fault).toEqual({ bytesPerSecond: 500 });
  expect(first?.afterMs).toBeGreaterThan(18);
});

describe('a device with a fault', () => {
  for (const platform of platforms) {
    it(`is refused by the stub for a wrong signature, and goes on when it is sound: ${platform}`, async () => {
      const made = await checkInWith(platform, [{ kind: 'wrong-signature', share: 1 }]);
      expect([made.code, made.statuses]).toEqual(['AUTHORITY_BUSY', refusals[platform].signature]);
      expect(made.reason).toMatch(reasons[platform].signature);
      await made.again();
    });

    it(`is refused by the stub for malformed messages, and goes on when it is sound: ${platform}`, async () => {
      const made = await checkInWith(platform, [{ kind: 'malformed', share: 1, probability: 1 }]);
      expect([made.code, made.statuses]).toEqual(['AUTHORITY_BUSY', refusals[platform].message]);
      expect(made.reason).toMatch(reasons[platform].message);
      await made.again();
    });

    it(`loses connections, and goes on when it loses none: ${platform}`, async () => {
      const made = await checkInWith(platform, [{ kind: 'connection-dropped', share: 1, probability: 1 }]);
      expect([made.code, made.reason]).toEqual(['TRANSPORT_LOST', undefined]); // the authority said nothing
      await made.again();
    });

    it(`reads slowly and waits before it asks, and gets through: ${platform}`, async () => {
      const faults: Fault[] = [
        { kind: 'slow-reads', share: 1, bytesPerSecond: 1_000_000 },
        { kind: 'latency', share: 1, ms: { kind: 'fixed', value: 3 } },
      ];
      const made = await checkInWith(platform, faults);
      expect(made.code).toBeUndefined();
    });

    it(`trusts nobody's certificate when its clock is years off: ${platform}`, async () => {
      const made = await checkInWith(platform, [{ kind: 'clock', share: 1, skewMs: 40 * 365 * 86_400_000 }]);
      expect(made.code).toBe('TLS_EXPIRED');
    });
  }
});
