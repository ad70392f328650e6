import { describe, expect, it } from 'vitest';
import { readMsiInstallJob, writeMsiInstallJob } from '../../../protocol/csp/msi-install-job.js';

const hash = '134D8F1F7C3C036DC3DCDA9F97515C8C7951DB154B73365C9C22962BD23E3EB3';
/** The shape of Learn's sample, other values. */
const sample = ({
  urls = ['http://files.contoso.example/a/orca.msi', 'https://files.contoso.example/orca.msi'],
  enforcement = '<Enforcement><CommandLine>/quiet</CommandLine><TimeOut>5</TimeOut><RetryCount>3</RetryCount><RetryInterval>5</RetryInterval></Enforcement>',
  fileHash = hash,
  root = 'MsiInstallJob id="{9BD4F7CD-880A-40B5-B74C-1BEECB51E596}"',
} = {}) => `
  <${root}>
    <Product Version="1.0.0">
      <Download><ContentURLList>${urls.map((url) => `<ContentURL>\n ${url}\n </ContentURL>`).join('')}</ContentURLList></Download>
      <Validation><FileHash>${fileHash}</FileHash></Validation>
      ${enforcement}
    </Product>
  </MsiInstallJob>`;

const whole = {
  id: '{9BD4F7CD-880A-40B5-B74C-1BEECB51E596}',
  version: '1.0.0',
  contentUrls: ['http://files.contoso.example/a/orca.msi', 'https://files.contoso.example/orca.msi'],
  fileHash: hash,
  commandLine: '/quiet',
  timeOutMinutes: 5,
  retryCount: 3,
  retryIntervalMinutes: 5,
};

describe('An MSI job', () => {
  it('is read from a document of Learn’s shape, whitespace and all', () => {
    expect(readMsiInstallJob(sample())).toEqual(whole);
  });

  it('is read where it stands in Data unescaped, with the namespace of SyncML', () => {
    const root = 'MsiInstallJob xmlns="SYNCML:SYNCML1.2" id="{9BD4F7CD-880A-40B5-B74C-1BEECB51E596}"';
    expect(readMsiInstallJob(sample({ root }))).toEqual(whole);
  });

  it('may leave out how it is enforced, and may ask for the token of Entra', () => {
    const { commandLine, timeOutMinutes, retryCount, retryIntervalMinutes, ...least } = whole;
    expect(readMsiInstallJob(sample({ enforcement: '', fileHash: hash.toLowerCase() }))).toEqual(least);
    const enforcement = '<Enforcement><DownloadFromAad>1</DownloadFromAad></Enforcement>';
    expect(readMsiInstallJob(sample({ enforcement }))).toEqual({ ...least, downloadFromAad: true });
  });

  it.each([
    ['no address', sample({ urls: [] }), 'no ContentURL'],
    ['an address of another scheme', sample({ urls: ['ftp://x.example/a.msi'] }), 'ContentURL'],
    ['too many addresses', sample({ urls: Array(21).fill('https://x.example/a.msi') }), 'more than 20'],
    ['a hash of another kind', sample({ fileHash: hash.slice(0, 40) }), 'FileHash'],
    ['no id', sample({ root: 'MsiInstallJob' }), 'id of MsiInstallJob'],
    ['another root', sample().replaceAll('MsiInstallJob', 'MsiJob'), 'no MsiInstallJob'],
    ['another namespace', sample({ root: 'MsiInstallJob xmlns="urn:x" id="a"' }), 'no MsiInstallJob'],
    [
      'an unknown element',
      sample({ enforcement: '<Enforcement><Reboot>1</Reboot></Enforcement>' }),
      'no element Reboot',
    ],
    ['a number that is no byte', sample({ enforcement: '<Enforcement><TimeOut>256</TimeOut></Enforcement>' }), '255'],
    ['no XML', '<MsiInstallJob', 'cannot be read as XML'],
    ['a DOCTYPE', `<!DOCTYPE x>${sample()}`, 'cannot be read as XML'],
  ])('is refused with %s', (_, xml, why) => {
    expect(() => readMsiInstallJob(xml)).toThrow(
      expect.objectContaining({ code: 'CSP_MALFORMED', message: expect.stringContaining(why) }),
    );
  });

  it('is written as it is read', () => {
    const job = { ...whole, version: '1 "&" <2>', downloadFromAad: false, commandLine: 'A="<b>" /q' };
    expect(readMsiInstallJob(writeMsiInstallJob(job))).toEqual(job);
    const { commandLine, timeOutMinutes, retryCount, retryIntervalMinutes, downloadFromAad, ...least } = job;
    expect(readMsiInstallJob(writeMsiInstallJob(least))).toEqual(least);
  });
});
