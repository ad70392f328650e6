import { describe, expect, it } from 'vitest';
import { labelsSetting, launcherPackage, readLabels, writeLabels } from '../../../protocol/headwind/labels.js';
import { isDeviceNumber } from '../../../protocol/headwind/number.js';
import { isSameServer, joinUrl, splitServerUrl } from '../../../protocol/headwind/server-url.js';
import { fillServerVariables } from '../../../protocol/headwind/variables.js';

describe('a device number', () => {
  it.each(['h0001', 'a.b', 'a b', '100%', 'Grün', 'A-_9', '日本', '😀', 'x'.repeat(100)])('can be %s', (text) => {
    expect(isDeviceNumber(text)).toBe(true);
  });

  it.each([
    '',
    'a/b',
    'a;b',
    'a+',
    '#',
    '>',
    '*',
    'a\n',
    '\u0000',
    '\u007f',
    '\u0085',
    '.',
    '..',
    '\ud800',
    'x'.repeat(101),
  ])('cannot be %j', (text) => {
    expect(isDeviceNumber(text)).toBe(false);
  });
});

describe('the address of a server', () => {
  // biome-ignore format: a table
  it.each([
    ['https://mdm.example', 'https://mdm.example', ''],
    ['HTTPS://user:pw@Mdm.example:443/hmdm/?a=b#c', 'https://Mdm.example:443', 'hmdm'],
    ['http://mdm.example:8080/', 'http://mdm.example:8080', ''],
    ['http://mdm.example//a/b//', 'http://mdm.example', '/a/b/'],
    ['http://[::1]:17080/x', 'http://[::1]:17080', 'x'],
    [' http://a:/ ', 'http://a', ''],
  ])('%s is taken apart as the launcher does', (url, base, project) => {
    expect(splitServerUrl(url)).toEqual({ base, project });
  });

  it.each([
    '',
    'mdm.example',
    'ftp://a',
    'http://',
    'http:///x',
    'http://a:b',
    'http://a:70000',
    'http://a b/',
    'javascript:1',
  ])('%j is none', (url) => {
    expect(splitServerUrl(url)).toBeUndefined();
  });

  it('is joined with the path of a call', () => {
    expect(joinUrl({ base: 'https://a', project: '' }, 'rest/public/sync/info')).toBe(
      'https://a/rest/public/sync/info',
    );
    expect(joinUrl({ base: 'https://a/', project: 'hmdm' }, '/rest/x')).toBe('https://a/hmdm/rest/x');
  });

  it('is the same in any letter case, and another with its own port', () => {
    const [one, other] = [
      { base: 'https://A', project: 'P' },
      { base: 'https://a', project: 'p' },
    ];
    expect(isSameServer(one, other)).toBe(true);
    expect(isSameServer(one, { ...other, base: 'https://a:443' })).toBe(false);
    expect(isSameServer(one, { ...other, project: 'q' })).toBe(false);
  });
});

describe('labels', () => {
  const labels = [{ carrier: 'gmail', name: 'Mail "A"', authority: 'Contoso' }];

  it('travel as one app setting of the launcher', () => {
    const setting = writeLabels(labels, 7);
    expect(setting).toMatchObject({ packageId: launcherPackage, name: labelsSetting, lastUpdate: 7 });
    expect(readLabels([setting])).toEqual(labels);
  });

  it.each(['', 'x', '{}', '[1,null,{"carrier":"a"},{"carrier":1,"name":"b","authority":"c"}]', '['.repeat(1_000)])(
    'are none where the setting holds %j',
    (value) => {
      expect(readLabels([{ packageId: launcherPackage, name: labelsSetting, value }])).toEqual([]);
    },
  );

  it('of a stock server, or of another package, are none; the last setting counts', () => {
    expect(readLabels([])).toEqual([]);
    expect(readLabels([{ ...writeLabels(labels), packageId: 'x' }])).toEqual([]);
    expect(readLabels([writeLabels([]), writeLabels(labels)])).toEqual(labels);
    expect(readLabels([{ packageId: launcherPackage, name: labelsSetting, value: null }])).toEqual([]);
  });
});

describe('variables that the server fills', () => {
  const device = {
    number: 'h1',
    imei: '35',
    phone: '+1',
    description: 'd',
    custom1: 'c1',
    custom2: '%CUSTOM3%',
    custom3: 'c3',
  };

  it('are filled one after the other', () => {
    const text = '%NUMBER%|%IMEI%|%PHONE%|%DESCRIPTION%|%CUSTOM1%|%CUSTOM2%|%NUMBER%|%OTHER%|%number%';
    expect(fillServerVariables(text, device)).toBe('h1|35|+1|d|c1|c3|h1|%OTHER%|%number%');
    expect(fillServerVariables('%IMEI%%CUSTOM1%', { number: 'h1' })).toBe('');
  });

  it('end the whole sync where a property that is used has a dollar sign', () => {
    expect(fillServerVariables('%CUSTOM1%', { number: 'h1', custom1: 'a$b' })).toBeUndefined();
    expect(fillServerVariables('%CUSTOM1%', { number: 'h1', custom1: 'a$1' })).toBeUndefined();
    expect(fillServerVariables('%CUSTOM1%', { number: 'h1', custom1: 'a\\' })).toBeUndefined();
    expect(fillServerVariables('%NUMBER%', { number: 'h1', custom1: 'a$b' })).toBe('h1');
    expect(fillServerVariables('%CUSTOM1%', { number: 'h1', custom1: 'a\\$b\\\\c$0' })).toBe('a$b\\c%CUSTOM1%');
  });
});
