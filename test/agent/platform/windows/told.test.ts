// What the person at a Windows device reads of commands and can type.
import { describe, expect, it, onTestFinished } from 'vitest';
import { consoleCommands, showStatus, statusOf } from '../../../../agent/console.js';
import { colourOf, describeEvent } from '../../../../agent/describe-event.js';
import { createDeviceOf } from '../../../../agent/device.js';
import { consoleClock, WrongClock } from '../../../../agent/own-clock.js';
import { ios } from '../../../../agent/platform/ios/driver.js';
import { windows } from '../../../../agent/platform/windows/driver.js';
import { realClock } from '../../../../base/clock.js';
import type { SyncMlCommand } from '../../../../protocol/syncml/message.js';
import { openCsps } from './csp-stage.js';
import { someState } from './some-device.js';

const noon = Date.UTC(2026, 10, 26, 12);

describe('a command of the server', () => {
  const told = async (...commands: readonly SyncMlCommand[]) => {
    const { answers } = await openCsps().run(commands);
    return answers.map(({ told: each }) => describeEvent({ ...each, at: noon, changes: [] }));
  };

  it('is told by its verb and node, and no more where all went well', async () => {
    expect(await told({ verb: 'Get', cmdId: '7', items: [{ target: './DevDetail/SwV' }] })).toEqual([
      '12:00:00 command Get ./DevDetail/SwV: done, id 7',
    ]);
    const wipe = { target: './Vendor/MSFT/RemoteWipe/doWipeCloud' };
    expect(await told({ verb: 'Exec', cmdId: '8', items: [wipe] })).toEqual([
      '12:00:00 command Exec ./Vendor/MSFT/RemoteWipe/doWipeCloud: done (202 Accepted for processing), id 8',
    ]);
  });

  it('is told with its status, why, and the HRESULT where it failed', async () => {
    const [text = ''] = await told({ verb: 'Get', cmdId: '7', items: [{ target: './DevInfo/Ext/ICCID' }] });
    expect(text.split('\n')).toEqual([
      '12:00:00 command Get ./DevInfo/Ext/ICCID: failed (404 Not found), id 7',
      '         there is no SIM card in it',
      '         HRESULT 0x86000002: Not found',
    ]);
  });

  it('of several Items is told with each that failed', async () => {
    const items = ['./DevInfo/Man', './DevInfo/Ext/ICCID', './DevDetail/Ext/Microsoft/MobileID'];
    const [text = ''] = await told({ verb: 'Get', cmdId: '7', items: items.map((target) => ({ target })) });
    expect(text).toContain('command Get ./DevInfo/Man and 2 more: failed (404 Not found), id 7');
    for (const target of items.slice(1)) expect(text).toContain(`SyncML 404: Not found: ${target}`);
    expect(text).not.toContain('Not found: ./DevInfo/Man');
  });

  it('never shows what it brought', async () => {
    const item = { target: './SyncML/DMAcc/Other/AppAuth/CLCRED/AAuthSecret', data: 'sesame' };
    const [text = ''] = await told({ verb: 'Replace', cmdId: '7', items: [item] });
    expect(text).toContain('AAuthSecret: failed');
    expect(text).not.toContain('sesame');
  });

  it('is green where it was carried out, and red where not', async () => {
    const { answers } = await openCsps().run([
      { verb: 'Get', cmdId: '1', items: [{ target: './DevDetail/SwV' }] },
      { verb: 'Get', cmdId: '2', items: [{ target: './Nowhere' }] },
    ]);
    expect(answers.map(({ told: each }) => colourOf({ ...each, at: noon, changes: [] }))).toEqual(['green', 'red']);
  });
});

describe('the console of a device', () => {
  const open = (platform: typeof windows) => {
    const { ports } = openCsps();
    const device = createDeviceOf(platform, { platform: platform.name, ports });
    onTestFinished(() => device.close());
    const clock = consoleClock(new WrongClock(realClock), undefined, device);
    const outside = { invitation: () => undefined, stop: () => {}, wasSaid: () => false, clock };
    const act = consoleCommands(device, outside);
    const signal = new AbortController().signal;
    return { device, say: (line: string) => act(line.split(' ')[0] ?? '', line.split(' ').slice(1), signal) };
  };

  it('lists what the platform can', async () => {
    const [pc, phone] = [open(windows), open(ios)];
    expect(await pc.say('help')).toMatch(/\n {2}sign-in \[other\] .*\n {2}sign-out .*\n {2}passcode/);
    expect(await phone.say('help')).not.toContain('sign-in');
    expect(await phone.say('help')).toContain('put off\n  passcode');
    expect(await phone.say('sign-in')).toContain('no such word');
  });

  it('signs people in and out', async () => {
    const { device, say } = open(windows);
    expect(statusOf(device.state)).not.toHaveProperty('signedIn');
    expect(await say('sign-out')).toBe('nobody is signed in');
    expect(device.state.condition.signedIn).toBe('none');
    expect(await say('status')).toContain('nobody is signed in');
    expect(await say('sign-in other')).toBe('somebody else is signed in');
    expect(device.state.condition.signedIn).toBe('others');
    expect(await say('sign-in me')).toBe('say: sign-in, or sign-in other');
    expect(await say('sign-in')).toBe('signed in');
    expect(await say('status')).not.toContain('signed in');
    expect(statusOf(device.state)).toMatchObject({ signedIn: 'user' });
  });

  it('shows the PC by its name, model and version', () => {
    const state = someState();
    expect(showStatus(state)).toContain(
      `${state.condition.deviceName} (Latitude 5440, 10.0.22631.4317), ${state.facts.id}`,
    );
  });
});
