// What a person sets at the device by hand before it enrolls, and what they are told to check when that fails (B6, E22).
import { describe, expect, it, onTestFinished } from 'vitest';
import { consoleCommands, showStatus, statusOf } from '../../agent/console.js';
import { createDeviceOf } from '../../agent/device.js';
import type { DeviceEvent } from '../../agent/device-types.js';
import { checked } from '../../agent/enrollment-checks.js';
import { agentError } from '../../agent/errors.js';
import { consoleClock, OwnClock, WrongClock } from '../../agent/own-clock.js';
import type { Platform } from '../../agent/platform/driver.js';
import { portalHeaders } from '../../agent/platform/portal-headers.js';
import { packState, unpackState } from '../../agent/store/pack.js';
import { manualClock } from '../../base/clock.js';
import { askedDeviceOf, companyPortalOf } from '../../protocol/enrollment-header.js';
import { FakeAuthority, fakePlatform, fakePorts } from '../support/fake-platform.js';

const here = { authority: 'stub', url: 'https://a.test' };
const never = new AbortController().signal;

function setUp(more: Partial<Platform> = {}) {
  const authority = new FakeAuthority();
  const ports = fakePorts();
  const { log } = ports;
  const device = createDeviceOf({ ...fakePlatform(authority), ...more }, { platform: 'ios', ports });
  onTestFinished(() => device.close());
  const failed: Extract<DeviceEvent, { type: 'failed' }>[] = [];
  device.onEvent((event) => void (event.type === 'failed' && failed.push(event)));
  const clock = new WrongClock(manualClock(0));
  const kept: number[] = [];
  const moved = consoleClock(clock, undefined, device, async (ms) => void kept.push(ms));
  const outside = { invitation: () => here, stop: () => {}, wasSaid: () => false, clock: moved };
  const act = consoleCommands(device, outside);
  const say = (line: string) => act(line.split(' ')[0] ?? '', line.split(' ').slice(1), never);
  return { authority, device, failed, log, say, kept };
}

describe('the Company Portal of a device', () => {
  it('is set, broken, installed again and taken away at the prompt, and stored with the device', async () => {
    const { device, say } = setUp();
    expect(await say('portal')).toBe('no Company Portal');
    expect(statusOf(device.state)).not.toHaveProperty('companyPortal');
    expect(await say('portal 5.2301.0')).toBe('Company Portal 5.2301.0');
    expect(await say('portal broken')).toBe('Company Portal 5.2301.0, broken');
    expect(statusOf(unpackState(packState(device.state)))).toMatchObject({
      companyPortal: { version: '5.2301.0', broken: true },
    });
    expect(showStatus(device.state)).toContain('online, Company Portal 5.2301.0, broken;');
    expect(await say('portal reinstall')).toBe('Company Portal 5.2301.0');
    expect(await say('portal reinstall 5.2410.1')).toBe('Company Portal 5.2410.1');
    expect(await say('portal newest')).toContain('is no version');
    expect(await say('portal none')).toBe('no Company Portal');
    expect(device.state.condition).not.toHaveProperty('companyPortal');
  });

  it('starts the enrollment, unless the system does', async () => {
    const { authority, device, say } = setUp();
    await device.enroll(here);
    await device.leave();
    await device.setCompanyPortal({ version: '5.2410.1' });
    for (const how of ['enroll', 'enroll system'])
      expect([await say(how), await say('leave')]).toEqual(['enrolled', 'left']);
    await device.enroll({ ...here, companyPortal: '9.9' });
    expect(authority.enrolled.map(({ companyPortal }) => companyPortal)).toEqual([
      undefined,
      '5.2410.1',
      undefined,
      '9.9',
    ]);
    const other = setUp({ startsBySystem: () => true });
    await other.device.setCompanyPortal({ version: '5.2410.1', isBroken: true });
    await other.device.enroll(here);
    expect(other.authority.enrolled).toEqual([here]);
  });

  it('that is broken stops it at the device, until it is installed again', async () => {
    const { authority, device, failed, log, say } = setUp();
    await device.setCompanyPortal({ version: '5.2410.1', isBroken: true });
    await expect(device.enroll(here)).rejects.toMatchObject({
      code: 'PORTAL_BROKEN',
      hint: expect.stringContaining('portal reinstall'),
      details: { check: 'companyPortal' },
    });
    expect(failed).toMatchObject([{ during: 'enroll', error: { code: 'PORTAL_BROKEN' } }]);
    expect(log.lines.map(({ event }) => event)).toContain('PORTAL_BROKEN');
    expect([authority.enrolled, device.state.lifecycle]).toEqual([[], 'unenrolled']);
    await device.enroll({ ...here, companyPortal: false });
    await expect(device.switchTo(here)).rejects.toMatchObject({ code: 'PORTAL_BROKEN' });
    expect([device.state.lifecycle, authority.goodbyes]).toEqual(['enrolled', []]);
    await say('portal reinstall');
    await device.switchTo(here);
    expect(authority.enrolled.at(-1)).toMatchObject({ companyPortal: '5.2410.1' });
  });

  it('says its version and which device asks, in headers that are read as they were meant', () => {
    const device = { id: 'A&1', serial: 'S=2', osVersion: '17.5.1', model: 'iPhone15,2' };
    expect(portalHeaders({ authority: 'stub' }, device)).toEqual({});
    const sent = portalHeaders({ authority: 'stub', companyPortal: '5.2410.1' }, device);
    const headers = Object.fromEntries(Object.entries(sent).map(([name, value]) => [name.toLowerCase(), value]));
    expect(companyPortalOf(headers)).toBe('5.2410.1');
    expect(askedDeviceOf(headers)).toEqual(device);
    for (const value of ['', 'serial=1', `id=${'x'.repeat(300)}`])
      expect(askedDeviceOf({ 'rollcall-device': value })).toBeUndefined();
  });
});

describe('the network of a device', () => {
  it('is Wi-Fi, cellular or none, through which nothing comes, and switching cures', async () => {
    const { authority, device, failed, say } = setUp();
    expect(statusOf(device.state)).toMatchObject({ network: 'wifi', online: true });
    expect(await say('network none')).toBe('network: none');
    await expect(device.enroll(here)).rejects.toMatchObject({
      code: 'TRANSPORT_LOST',
      hint: expect.stringContaining('Switch to Wi-Fi or cellular'),
      details: { check: 'network', reason: 'offline' },
    });
    expect([failed.length, authority.enrolled.length]).toEqual([1, 0]);
    expect(await say('network cellular')).toBe('network: cellular');
    expect(statusOf(unpackState(packState(device.state)))).toMatchObject({ network: 'cellular', online: true });
    expect(await say('network radio')).toContain('Write wifi, cellular or none');
    await device.enroll(here);
    expect(await say('network wifi')).toBe('network: wifi');
    expect(device.state.condition).not.toHaveProperty('network');
  });
});

describe('a clock that is wrong', () => {
  it('is set at the prompt, told, and kept', async () => {
    const { kept, say } = setUp();
    expect(await say('skew')).toBe('1970-01-01T00:00:00.000Z, right');
    expect(await say('skew 2d')).toBe('1970-01-03T00:00:00.000Z, 2d00h ahead');
    expect(await say('skew -1h')).toBe('1969-12-31T23:00:00.000Z, 1h00m behind');
    expect(await say('skew 0')).toBe('1970-01-01T00:00:00.000Z, right');
    for (const word of ['skew x', 'skew 9999d']) expect(await say(word)).toContain('is no duration');
    expect(kept).toEqual([2 * 86_400_000, -3_600_000, 0]);
  });

  it('is moved by hand all the same, to what its device does next', async () => {
    const { device } = setUp();
    const own = new OwnClock();
    const clock = new WrongClock(own, 86_400_000);
    const before = clock.now();
    await consoleClock(clock, own, device).advance?.(3_600_000, never);
    expect(clock.now() - before).toBeGreaterThanOrEqual(3_600_000);
    const earliest = own.now() + 86_400_000;
    const shown = clock.now();
    expect(shown).toBeGreaterThanOrEqual(earliest);
    expect(shown).toBeLessThanOrEqual(own.now() + 86_400_000);
  });
});

describe('what a person is told to check', () => {
  it.each([
    ['another provider', agentError('ALREADY_ENROLLED', 'x'), 'provider', /Leave the present authority/],
    ['date and time', agentError('TLS_EXPIRED', 'x'), 'dateAndTime', /Check date and time of the device/],
    ['the network', agentError('TRANSPORT_LOST', 'x'), 'network', /No answer came/],
    [
      'the Company Portal',
      agentError('ENROLL_REFUSED', 'x', { details: { code: 'E05' } }),
      'companyPortal',
      /Update the/,
    ],
  ])('is %s', (_, error, check, hint) => {
    const { code, message, retry } = error;
    expect(checked(error)).toMatchObject({
      code,
      message,
      retry,
      details: { check },
      hint: expect.stringMatching(hint),
    });
  });

  it('is nothing where none of them is the cause', () => {
    for (const error of [agentError('ENROLL_REFUSED', 'x'), new Error('a bug')]) expect(checked(error)).toBe(error);
  });
});
