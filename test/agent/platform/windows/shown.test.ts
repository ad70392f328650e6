import { expect, it } from 'vitest';
import { hintOfRefusal } from '../../../../agent/platform/windows/hints.js';
import { windowsShows } from '../../../../agent/platform/windows/shown.js';

const again = 'You can try to do this again or contact your system administrator with the error code';

it.each([
  [0x80180002, `Something went wrong. There was a problem authenticating your account or device. ${again} 80180002.`],
  [0x80180003, `Something went wrong. This user is not authorized to enroll. ${again} 80180003.`],
  [
    0x8018000a,
    'Something went wrong. The device is already enrolled. You can contact your system administrator with the error code 8018000a.',
  ],
  [0x80180012, `Something went wrong. There was a certificate error. ${again} 80180012.`],
  [
    0x80180013,
    'Something went wrong. Looks like there are too many devices or users for this account. Contact your system administrator with the error code 80180013.',
  ],
  [0x80180014, 'There was a problem. Your organization does not support this version of Windows. (0x80180014)'],
  [
    0x80180017,
    `Something went wrong. The service is in maintenance. ${again.replace('again', 'again later')} 80180017.`,
  ],
  [
    0x80180026,
    `Something went wrong. Confirm you are using the correct sign-in information and that your organization uses this feature. ${again} 80180026.`,
  ],
])('a person reads of %d what Microsoft’s pages say', (code, text) => {
  expect(windowsShows(code)).toBe(text);
});

it('each code that the stub refuses with has a hint of its own, which says what to check', () => {
  const codes = [0x80180002, 0x80180003, 0x80180013, 0x80180014, 0x80180015, 0x80180018, 0x80180019];
  const hints = codes.map(hintOfRefusal);
  expect(hints).not.toContain(undefined);
  expect(new Set(hints).size).toBe(codes.length);
  expect(hintOfRefusal(0x80180008)).toBeUndefined();
});
