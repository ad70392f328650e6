// What the rules of admission (E01 to E25) need of each platform, in one place: how a device of it is given a version, a way, a Company
// Portal, and in which words it tells a refusal. A platform is in the table when its dialect and its agent can do what the rows say.
import { expect } from 'vitest';
import {
  agentError,
  type Device,
  type Http,
  type HttpRequest,
  type Invitation,
  type PlatformName,
} from '../../index.js';
import { alice, failedEnrollments, managedDevices } from './rules.js';
import type { Stage } from './stage.js';

/** One platform's means. */
export interface AdmissionMeans {
  /** Versions of its system, the oldest first, all of them above the least that the service supports. */
  readonly versions: readonly [low: string, usual: string, high: string];
  /** One that is below it. */
  readonly unsupported: string;
  /** The build of a version, where it is no other word for the same. */
  readonly buildOf?: (version: string) => string;
  /** A Company Portal that is older than the least one of the service (E25), and one that is not. */
  readonly portals: { readonly old: string; readonly good: string };
  /** Graph's word for what a restriction says of the platform. */
  readonly restriction: string;
  /** Beside the facts of the device, what its driver throws for a refusal with this code. */
  readonly refusal: (code: string) => object;
  /** What makes it a device of a person, which its serial number tells all the same (E10). Absent: any device of it is one. */
  readonly personal?: AdmissionNative;
  /** The consent that a way of enrolling needs (E20), and a device that enrolls in that way. */
  readonly consent?: { readonly act: string; readonly native: AdmissionNative };
}

type AdmissionNative = Readonly<Record<string, boolean | string>>;

const [notSupported, autopilot] = ['0x80180014', '0x80180019'];
/** What Windows makes of each refusal, but for 0x80180003: specs/windows.md §1.6. Of a name that is nobody's: as of a wrong password. */
const hresults: Readonly<Record<string, unknown>> = {
  E02: expect.stringMatching(/^0x801800(?:02|18)$/),
  E04: '0x80180015',
  E06: notSupported,
  E08: notSupported,
  E09: notSupported,
  E10: notSupported,
  E11: notSupported,
  E12: '0x80180002',
  E13: autopilot,
  E14: autopilot,
  E15: autopilot,
  E16: autopilot,
  E17: '0x80180013',
  E19: notSupported,
  E20: '0x80180015',
};

const means: Partial<Record<PlatformName, AdmissionMeans>> = {
  ios: {
    versions: ['16.7.10', '17.5.1', '18.3'],
    unsupported: '14.8',
    portals: { old: '5.2301.0', good: '5.2410.1' },
    restriction: 'iosRestriction',
    refusal: (code) => ({ code: 'ENROLL_REFUSED', details: { code, remedies: expect.stringMatching(/./) } }),
    consent: { act: 'appleAutomatedEnrollment', native: { AwaitingConfiguration: true } },
  },
  windows: {
    versions: ['10.0.19045.5011', '10.0.22631.4317', '10.0.26100.2314'],
    unsupported: '10.0.17134.1',
    buildOf: (version) => version.slice('10.0.'.length),
    portals: { old: '10.3', good: '11.2.1005' },
    restriction: 'windowsRestriction',
    refusal: (code) => ({
      code: 'ENROLL_REFUSED',
      details: { code, hresult: hresults[code] ?? '0x80180003', shows: expect.stringMatching(/./) },
    }),
  },
  android: {
    versions: ['10', '11', '16'],
    unsupported: '9',
    portals: { old: '4.9.1', good: '5.2410.1' },
    restriction: 'androidRestriction',
    refusal: (code) => ({
      code: 'ENROLL_REFUSED',
      details: { status: 200, code, remedies: expect.stringMatching(/./) },
      hint: expect.stringMatching(/./),
    }),
    personal: { Management: 'work-profile' }, // of Android 11 at most: since then a work profile tells no serial number
    consent: { act: 'androidWorkProfiles', native: { Management: 'work-profile' } },
  },
};

/** The platforms that are shown to admit and to refuse. */
export const platformsOfAdmission = Object.keys(means) as readonly PlatformName[];

export const meansOf = ({ platform }: Stage): AdmissionMeans => {
  const found = means[platform];
  if (found === undefined) throw new Error(`${platform} is not in the table of test/support/admission.ts`);
  return found;
};

/** Runs it at the same authority for devices of each platform; what it throws says of which. */
export async function onEachPlatform(
  stage: Stage,
  show: (on: Stage, is: AdmissionMeans) => Promise<void>,
  platforms: readonly PlatformName[] = platformsOfAdmission,
): Promise<void> {
  for (const platform of platforms) {
    const on = stage.on(platform);
    try {
      await show(on, meansOf(on));
    } catch (error) {
      if (error instanceof Error) error.message = `${platform}: ${error.message}`;
      throw error;
    }
  }
}

/** A device whose system has this version, by default the usual one; `native`: what only its platform knows, beside what it has. */
export async function deviceWith(
  stage: Stage,
  index: number,
  {
    osVersion = meansOf(stage).versions[1],
    native = {},
  }: { osVersion?: string | undefined; native?: AdmissionNative | undefined } = {},
): Promise<Device> {
  const { facts } = (await stage.device(index)).state;
  const build = meansOf(stage).buildOf?.(osVersion);
  const system = { osVersion, ...(build !== undefined && { osBuild: build }) };
  return stage.device(index, { facts: { ...system, native: { ...facts.native, ...native } } });
}

/** One that its person brought along: nothing but its declaration makes it the organization's. */
export const personalDevice = (stage: Stage, index: number, osVersion?: string): Promise<Device> =>
  deviceWith(stage, index, { osVersion, native: meansOf(stage).personal });

/** The restriction of everybody (Graph's default) says this of the devices of each platform that is named. */
export async function restrict(stage: Stage, words: Readonly<Record<string, object>>): Promise<void> {
  const root = '/beta/deviceManagement/deviceEnrollmentConfigurations';
  const { body } = await stage.admin('GET', root);
  const type = '#microsoft.graph.deviceEnrollmentPlatformRestrictionsConfiguration';
  const found = body.value.find((each) => each['@odata.type'] === type && each['priority'] === 0);
  const answer = await stage.admin('PATCH', `${root}/${String(found?.['id'])}`, { '@odata.type': type, ...words });
  expect(answer).toMatchObject({ status: 200 });
}

/** Declares that the device is the organization's, by its serial number. */
export async function declare(stage: Stage, { state }: Device): Promise<void> {
  const identity = {
    importedDeviceIdentifier: state.facts.serial,
    importedDeviceIdentityType: 'serialNumber',
  };
  const answer = await stage.admin('POST', '/beta/deviceManagement/importedDeviceIdentities', identity);
  expect(answer).toMatchObject({ status: 201 });
}

/** The administrator records the consent to an act, or takes it back. */
export async function setConsent(stage: Stage, act: string, given: boolean): Promise<void> {
  expect((await stage.admin('PUT', `/stub/v1/consents/${act}`, { given })).status).toBe(200);
}

/** The devices and the refusals that the authority lists, the newest first. */
const present = async (stage: Stage) => {
  const failures = await failedEnrollments(stage);
  return { devices: await managedDevices(stage), newest: failures[0] ?? {}, failures: failures.map(({ id }) => id) };
};

/**
 * An attempt that is refused with this code: in the platform's words at the device, by one record at the authority, and with nothing left
 * of it on either side. Resolves with the record.
 */
export async function refused(
  stage: Stage,
  device: Device,
  code: string,
  { user = alice, invitation = stage.invitation(user) }: { user?: string; invitation?: Invitation } = {},
): Promise<Record<string, unknown>> {
  const before = await present(stage);
  const { state } = device;
  await expect(device.enroll(invitation)).rejects.toMatchObject(meansOf(stage).refusal(code));
  expect(device.state).toMatchObject({ lifecycle: state.lifecycle, holdings: state.holdings });
  expect(device.state.link).toEqual(state.link);
  const after = await present(stage);
  expect(after.devices).toEqual(before.devices);
  expect(after.newest).toMatchObject({ failureCategory: expect.stringMatching(/./), rollcall: { code } });
  expect(after.failures.slice(1)).toEqual(before.failures);
  return after.newest;
}

/** The same where nothing of it reaches the authority (E22): the device says what to check, and no record is made. */
export async function stoppedAtDevice(stage: Stage, device: Device, failure: object): Promise<void> {
  const before = await present(stage);
  await expect(device.enroll(stage.invitation(alice))).rejects.toMatchObject(failure);
  expect(await present(stage)).toEqual(before);
}

/** It enrolls; the authority lists it, and has recorded no failure of that. */
export async function enrolls(stage: Stage, device: Device, invitation = stage.invitation(alice)): Promise<void> {
  const { failures } = await present(stage);
  await device.enroll(invitation);
  await device.checkIn(); // of some platforms that is the last step
  const { serial, id } = device.state.facts; // a work profile of Android may not read its serial number, and is known by its number
  const after = await present(stage);
  expect(after.devices.filter((each) => [serial, id].includes(String(each['serialNumber'])))).toHaveLength(1);
  expect(after.failures).toEqual(failures);
}

/** What a device has sent by name of its message, and of which messages nothing arrives from now on. */
export interface Wire {
  readonly sent: HttpRequest[];
  /** `whole`: nothing of it; `half`: its connection ends within it. */
  lose: Readonly<Record<string, 'whole' | 'half'>>;
  readonly through: (http: Http) => Http;
}

/**
 * A network that loses messages.
 *
 * @example
 * const wire = wireLosing({ TokenUpdate: 'whole' });
 * const device = await stage.device(1, { wire: wire.through });
 */
export function wireLosing(lose: Wire['lose']): Wire {
  const wire: Wire = {
    sent: [],
    lose,
    through: (http) => ({
      open(options) {
        const session = http.open(options);
        return {
          close: () => session.close(),
          async request(request) {
            wire.sent.push(request);
            const lost = wire.lose[request.operation ?? ''];
            if (lost === 'whole') throw agentError('TRANSPORT_LOST', 'lost on its way');
            return await session.request(lost === 'half' ? { ...request, fault: { breaks: 'sending' } } : request);
          },
        };
      },
    }),
  };
  return wire;
}
