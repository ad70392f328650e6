// Topic names and topic filters (MQTT 3.1.1 §4.7).

/** Beyond it a filter or a topic is refused: as many octets as a length of two octets can say. */
const maxOctets = 65_535;
/** Levels of a filter or a topic. */
const maxLevels = 32;

/** Control characters [MQTT-1.5.3-2], lone surrogates, and what stands where octets were no UTF-8 [MQTT-1.5.3-1]. */
const unusable = /[\u0000-\u001f\u007f-\u009f\ufffd]|\p{Surrogate}/u;

/** Whether a text can stand in an MQTT packet, as a client id or a topic. */
export const isMqttText = (text: string): boolean => !unusable.test(text);

const isText = (text: string): boolean =>
  text.length > 0 &&
  isMqttText(text) &&
  Buffer.byteLength(text) <= maxOctets &&
  text.split('/', maxLevels + 1).length <= maxLevels;

/** Whether something can be published under this name: no wildcard, no control character. [MQTT-3.3.2-2] */
export const isTopic = (text: string): boolean => isText(text) && !/[+#]/.test(text);

/** Whether this can be subscribed to: `+` is a whole level and `#` the whole last one. [MQTT-4.7.1-2], [MQTT-4.7.1-3] */
export function isFilter(text: string): boolean {
  if (!isText(text)) return false;
  const levels = text.split('/');
  return levels.every((level, n) => !/[+#]/.test(level) || level === '+' || (level === '#' && n === levels.length - 1));
}

export const hasWildcard = (filter: string): boolean => /[+#]/.test(filter);

/** Whether a message with this topic is for this filter. `$...` is for no filter that begins with a wildcard [MQTT-4.7.2-1]. */
export function matches(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false;
  const wanted = filter.split('/');
  const levels = topic.split('/');
  for (const [n, level] of wanted.entries()) {
    if (level === '#') return true; // also of the parent: `a/#` takes `a`
    if (n >= levels.length) return false;
    if (level !== '+' && level !== levels[n]) return false;
  }
  return wanted.length === levels.length;
}
