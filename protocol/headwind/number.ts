/** Longest device number that we take. */
const maxLength = 100;

const unusable = /[/+#>*;\u0000-\u001f\u007f-\u009f]/;

/**
 * Whether a text can be a device number: it is a segment of addresses, the client id and the topic of MQTT. Refused are `/ + # > *`,
 * `;` (a Java server cuts the segment off there), control characters, lone surrogates, the empty text and more than 100 characters, as well as `.` and `..`, which vanish from a path.
 */
export const isDeviceNumber = (text: string): boolean =>
  text.length > 0 &&
  text.length <= maxLength &&
  !unusable.test(text) &&
  !/\p{Surrogate}/u.test(text) &&
  text !== '.' &&
  text !== '..';
