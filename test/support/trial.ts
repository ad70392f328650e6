// A tenant and a device in a situation (situations.ts), set up and moved over HTTP alone.
import { expect } from 'vitest';
import type { Device, Invitation } from '../../index.js';
import { deviceWith, meansOf } from './admission.js';
import { license } from './coexistence.js';
import { basic, both, intune, renewPushCertificate, setAuthority, tenantFile } from './rules.js';
import { groups, isUserless, platforms, type Restriction, type Situation } from './situations.js';
import { hourMs, type Stage } from './stage.js';
import { byAutopilot } from './windows-admission.js';

const token = '0F1E2D3C4B5A';
const products = { none: [], basic: [basic], intune: [intune], both: [both] };
const words = (is: boolean) => (is ? 'block' : 'allow');

/** By step. */
const versionsOf = (stage: Stage): readonly string[] => [meansOf(stage).unsupported, ...meansOf(stage).versions];

/** One situation after another, with names and devices that no other trial has. */
export class Trial {
  readonly user: string;
  readonly stranger: string;
  readonly #first: number;

  constructor(
    readonly stage: Stage,
    number: number,
  ) {
    this.user = `user${number}@contoso.example`;
    this.stranger = `stranger${number}@contoso.example`;
    this.#first = 10 * number;
  }

  /** The hardware that tries to enroll. */
  async device({ platform, version, way }: Situation): Promise<Device> {
    const on = this.stage.on(platform);
    const { consent } = meansOf(on);
    const isNative = way === 'automated' || way === 'workProfile';
    const osVersion = versionsOf(on)[version];
    return await deviceWith(on, this.#first, { ...(osVersion && { osVersion }), ...(isNative && consent) });
  }

  async invitation(is: Situation): Promise<Invitation> {
    const on = this.stage.on(is.platform);
    const asUser = on.invitation(this.user);
    if (is.way === 'userDriven') return byAutopilot(on, this.user);
    if (is.way === 'selfDeploying') return byAutopilot(on);
    if (is.way === 'joined') return { ...asUser, entra: new URL('/entra', asUser.url).href };
    if (is.way !== 'bulk') return asUser;
    const { user: _user, secret: _secret, ...place } = asUser;
    return is.platform === 'windows' ? { ...place, token } : await on.userlessInvitation();
  }

  /** The tenant file; `open`: of the time in which the devices enroll that are there before. */
  file(is: Situation, device: Device, open = false): object {
    const { manufacturer, serial, id } = device.state.facts;
    const version = (step: number | undefined) => versionsOf(this.stage.on(is.platform))[step ?? 0];
    const restriction = ({ groups: named, blocked, personal, least, most, maker }: Restriction) => ({
      ...(named.length === 0 ? { default: true } : { groups: named }),
      ...Object.fromEntries(platforms.map((each) => [each, { personal: words(personal[each]) }])),
      [is.platform]: {
        platform: words(blocked),
        personal: words(personal[is.platform]),
        ...(least !== undefined && { osMinimum: version(least) }),
        ...(most !== undefined && { osMaximum: version(most) }),
        ...(maker && is.platform !== 'ios' && { blockedManufacturers: ['Acme', ` ${manufacturer.toUpperCase()}`] }),
      },
    });
    const { consents, leastPortal, leastVersion } = is;
    const isThere = is.person === 'there' || (open && is.person === 'removed');
    const has = { licences: products[open ? 'both' : is.licence], groups: is.groups };
    const known = { serial, ...(is.profile !== undefined && { profile: is.profile }) };
    const autopilot = is.autopilot === 'known' || (open && is.autopilot === 'removed') ? [known] : [];
    const given = Object.entries(consents).map(([act, isGiven]) => [act, isGiven ? 'given' : 'withdrawn']);
    return {
      authority: is.authority,
      pushCertificate: is.authority !== 'none' && (open || is.certificate), // one that has ended is none in a tenant file
      ...(is.coexistence && { coexistence: true }),
      groups: Object.entries(groups).map(([name, memberOf]) => ({ name, memberOf })),
      users: [...(isThere ? [{ upn: this.user, ...has }] : []), { upn: this.stranger, licences: [both] }],
      autopilot,
      autopilotProfiles: (['userDriven', 'selfDeploying'] as const).map((mode) => ({ name: mode, mode })),
      ...(open && { bulkTokens: [{ name: 'warehouse', expires: '2099-01-01', token }] }),
      ...(!open && {
        settings: { mdmUserScope: is.scope },
        consents: Object.fromEntries(given),
        bulkTokens: [{ name: 'warehouse', expires: is.token === 'valid' ? '2099-01-01' : '2020-01-01', token }],
        // a work profile may not read its serial number: it is known by its number
        corporateDevices: is.declared ? [...new Set([serial, id])].map((each) => ({ serial: each })) : [],
        enrollment: {
          deviceLimit: is.limit,
          ...(leastPortal === 'new' && { minimumCompanyPortal: { [is.platform]: '9999' } }),
          ...(leastVersion !== undefined && { minimumOs: { [is.platform]: version(leastVersion) } }),
          restrictions: [
            ...[...is.restrictions, is.fallback].map((each, index) => ({
              name: `platforms ${index}`,
              ...restriction(each),
            })),
            ...is.limits.map(({ groups: named, limit }, index) => ({
              name: `limit ${index}`,
              groups: named,
              deviceLimit: limit,
            })),
          ],
        },
      }),
    };
  }

  async put(is: Situation, device: Device, open = false): Promise<void> {
    const file = JSON.parse(tenantFile(this.file(is, device, open)));
    expect(await this.stage.admin('PUT', '/stub/v1/tenant', file)).toMatchObject({ status: 200 });
  }

  /** The tenant becomes what the situation says, whatever the one before was, with the devices that are enrolled there. */
  async setUp(is: Situation): Promise<void> {
    const { stage, user } = this;
    const device = await this.device(is);
    const authority = is.authority === 'office365' && !is.isBmsReady ? 'intune' : is.authority;
    await this.put({ ...is, authority }, device, true);
    if (authority === 'none') return await this.put(is, device);
    await renewPushCertificate(stage);
    const enroll = async (each: Device, invitation: Invitation) => {
      await each.enroll(invitation);
      await each.checkIn();
    };
    for (let other = 1; other <= is.others; other++) {
      const on = stage.on(platforms[other % platforms.length] ?? is.platform);
      await enroll(await deviceWith(on, this.#first + other), on.invitation(user));
    }
    const on = stage.on(is.platform);
    const plain = await deviceWith(on, this.#first);
    if (is.holder === 'another') await enroll(plain, on.invitation(this.stranger));
    if (is.holder === 'itself')
      await enroll(plain, isUserless(is) ? await on.userlessInvitation() : on.invitation(user));
    const back = authority === 'intune' ? 'office365' : 'intune';
    const steps = authority !== is.authority ? [is.authority] : is.certificate ? [] : [back, authority];
    for (const step of steps) expect((await setAuthority(stage, step)).status).toBe(200);
    await this.#license({ ...is, licence: 'both' }, is);
    await this.put(is, device);
  }

  /** From one situation to the next. */
  async move(from: Situation, to: Situation): Promise<void> {
    const { stage } = this;
    if (to.authority !== from.authority) expect((await setAuthority(stage, to.authority)).status).toBe(200);
    if (to.certificate && !from.certificate) await renewPushCertificate(stage);
    if (to.holder !== from.holder) {
      const { body } = await stage.admin('GET', `/v1.0/users/${this.stranger}/managedDevices`);
      await remove(stage, body.value);
    }
    await this.#license(from, to);
    await this.put(to, await this.device(to));
  }

  /** Of somebody who has devices Graph alone changes the licences. */
  async #license(from: Situation, to: Situation): Promise<void> {
    if (from.licence === to.licence || (to.others === 0 && to.holder !== 'itself')) return;
    const [remove, add] = [products[from.licence], products[to.licence]];
    await license(this.stage, this.user, { add, remove });
  }

  /** One attempt: it is told this code and recorded once with nothing left on either side, or enrolls. */
  async attempt(is: Situation, code: string | undefined): Promise<void> {
    const { stage } = this;
    const device = await this.device(is);
    const { old, good } = meansOf(stage.on(is.platform)).portals;
    if (is.portal !== undefined) await device.setCompanyPortal({ version: { old, good, new: '9999.1' }[is.portal] });
    const before = { state: device.state, ...(await seen(stage)) };
    const told = await device.enroll(await this.invitation(is)).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (code === undefined && told === undefined) await device.checkIn();
    const after = await seen(stage);
    if (code === undefined) {
      expect({ told, lifecycle: device.state.lifecycle }).toEqual({ told: undefined, lifecycle: 'enrolled' });
      expect(after.failures).toEqual(before.failures);
      expect(after.devices).toHaveLength(before.devices.length + (is.holder === 'itself' ? 0 : 1));
      return;
    }
    expect(told).toMatchObject(meansOf(stage.on(is.platform)).refusal(code));
    expect(device.state).toMatchObject({ lifecycle: 'unenrolled', holdings: before.state.holdings });
    expect(device.state.link).toEqual(before.state.link);
    expect(after.devices).toEqual(before.devices);
    expect(after.newest).toMatchObject({
      rollcall: { code, ...(!isUserless(is) && { userPrincipalName: this.user }) },
    });
    expect(after.failures.slice(1)).toEqual(before.failures.slice(0, newestMost - 1));
  }
}

const newestMost = 5;
/** What the administrator sees: ids of the newest failures, and the devices. */
export async function seen(stage: Stage) {
  const events = `/v1.0/deviceManagement/troubleshootingEvents?$top=${newestMost}`;
  const [failures, devices] = [
    await stage.admin('GET', events),
    await stage.admin('GET', '/v1.0/deviceManagement/managedDevices'),
  ];
  return {
    newest: failures.body.value[0],
    failures: failures.body.value.map(({ id }) => id),
    devices: devices.body.value,
  };
}

export async function remove(stage: Stage, devices: readonly Record<string, unknown>[]): Promise<void> {
  for (const { id } of devices)
    expect((await stage.admin('DELETE', `/v1.0/deviceManagement/managedDevices/${String(id)}`)).status).toBe(204);
}

const held = '/stub/v1/faults/held';

/** Basic Mobility and Security is activated, and is not ready until it is let go: an authority that can be left again, under which nobody enrolls. */
export async function holdBms(stage: Stage): Promise<void> {
  expect((await stage.admin('PUT', held, { kind: 'bms.hold' })).status).toBe(201);
  expect((await stage.admin('POST', '/stub/v1/bms')).status).toBeLessThan(300);
}

export async function letBmsGo(stage: Stage): Promise<void> {
  await stage.clock.advance(2 * hourMs);
  expect((await stage.admin('DELETE', held)).status).toBe(204);
}
