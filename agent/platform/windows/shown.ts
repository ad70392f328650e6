// What the window of Windows says where an enrollment has failed. The sentences are Microsoft's own: of Learn, "Azure Active Directory
// integration with MDM", Error codes (which window says them the page does not tell), and of the troubleshooting pages of Intune, which win
// for the codes that they name: 8018000a, 80180003, 80180014, 80180026, 80070774. That "Something went wrong." stands above those of the
// former is seen for some and taken for all. The code is what counts.

const admin = 'contact your system administrator with the error code {0}.';
const again = `You can try to do this again or ${admin}`;
const alone = `Contact${admin.slice('contact'.length)}`;

const communication = `There was an error communicating with the server. ${again}`;
const authentication = `There was a problem authenticating your account or device. ${again}`;
const certificate = `There was a certificate error. ${again}`;
const tooMany = `Looks like there are too many devices or users for this account. ${alone}`;
const unsupported = `This feature is not supported. ${alone}`;
const unauthorized = `This user is not authorized to enroll. ${again}`;

/** Of codes that no page has a sentence for: that of 80180026 and 80070774. */
const otherwise = `Confirm you are using the correct sign-in information and that your organization uses this feature. ${again}`;

const sentences: ReadonlyMap<number, string> = new Map([
  [0x80180001, communication],
  [0x80180002, authentication],
  [0x80180003, unauthorized],
  [0x80180004, certificate],
  [0x80180005, communication],
  [0x80180006, communication],
  [0x80180007, authentication],
  [0x80180008, communication],
  [0x80180009, `Another enrollment is in progress. ${again}`],
  [0x8018000a, `The device is already enrolled. You can ${admin}`],
  [0x8018000d, certificate],
  [0x8018000e, authentication],
  [0x8018000f, authentication],
  [0x80180010, communication],
  [0x80180012, certificate],
  [0x80180013, tooMany],
  [0x80180015, unsupported],
  [0x80180016, `The server did not accept the request. ${again}`],
  [0x80180017, `The service is in maintenance. ${again.replace(' again', ' again later')}`],
  [0x80180018, `There was an error with your license. ${again}`],
  [0x80180019, `Looks like the server is not correctly configured. ${again}`],
  [0x801c0001, communication],
  [0x801c0002, authentication],
  [0x801c0003, unauthorized],
  [0x801c0006, communication],
  [0x801c000c, communication],
  [0x801c000e, tooMany],
]);

/** The window of "Enroll only in device management" has another title and the code in another form. */
const ofVersion = 'There was a problem. Your organization does not support this version of Windows. (0x80180014)';

/**
 * The text for a person at the device.
 *
 * @example
 * windowsShows(0x8018000a); // 'Something went wrong. The device is already enrolled. You can contact your system ... code 8018000a.'
 */
export function windowsShows(code: number): string {
  if (code === 0x80180014) return ofVersion;
  const number = code.toString(16).padStart(8, '0');
  return `Something went wrong. ${(sentences.get(code) ?? otherwise).replace('{0}', number)}`;
}
