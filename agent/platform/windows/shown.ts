// What the window of Windows says where an enrollment has failed (convention). Three codes have a sentence of their own, which no page
// that was at hand confirms word for word; of all others the general one stands. The code is what counts.

const sentences: ReadonlyMap<number, string> = new Map([
  [0x80180003, 'This user is not authorized to enroll.'],
  [0x8018000a, 'The device is already enrolled.'],
  [0x80180014, 'Your organization does not support this version of Windows.'],
]);

/**
 * The text for a person at the device.
 *
 * @example
 * windowsShows(0x8018000a); // 'Something went wrong. The device is already enrolled. You can ... with the error code 8018000a.'
 */
export function windowsShows(code: number): string {
  const own = sentences.get(code);
  const words = own === undefined ? 'Something went wrong.' : `Something went wrong. ${own}`;
  const number = code.toString(16).padStart(8, '0');
  return `${words} You can try to do this again or contact your system administrator with the error code ${number}.`;
}
