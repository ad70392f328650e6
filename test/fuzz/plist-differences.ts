// Where our reader of property lists and Python's plistlib differ, and why: ours is CoreFoundation's
// (docs/wire/apple-sources/plist.md), plistlib's is expat and a loose handler of its elements. What is not on these lists fails.

/** What the one that refuses says, what is in the list that explains it (as ISO-8859-1), and why the other takes it. */
export interface Difference {
  readonly says?: RegExp;
  readonly shows?: RegExp;
  readonly why: string;
}

// biome-ignore format: tables
/** Ours takes it, plistlib refuses. */
export const onlyOursTakes: readonly Difference[] = [
  { shows: /^[^<]*(<[?!][^>]*>\s*)*<!---->/, why: 'CoreFoundation misses the end of <!----> before the root' },
  { says: /^ExpatError: junk after document element|^ExpatError: XML or text declaration not at start/, why: 'CoreFoundation stops behind the first element' },
  { says: /^ExpatError/, shows: /^(?!\s*<)/, why: 'old-style lists are read too; plistlib is asked for XML' },
  { says: /^ExpatError: XML declaration not well-formed/, shows: /<\?xml/, why: 'CoreFoundation looks for encoding= alone' },
  { says: /^ExpatError: (illegal character\(s\) in public id|syntax error|.*invalid token)/, shows: /<!DOCTYPE/, why: 'a DOCTYPE is passed over to its ">"' },
  { says: /^ExpatError: (unknown encoding|encoding specified)|^LookupError|^ValueError: multi-byte encodings/, shows: /encoding|^[\xff\xfe]{2}/, why: 'a byte order mark counts before the declaration, other encodings are read' },
  { says: /^ExpatError: .*invalid token/, shows: /[\0-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]/, why: 'control characters are text' },
  { says: /^ExpatError: .*invalid token/, shows: /--[^>]|-->-/, why: 'comments may hold "--"' },
  { says: /^ExpatError: .*(invalid token|unclosed token|duplicate attribute)/, shows: /<[\w/]+\s[^>]*>|<[a-z]+[^a-z/>\s]/, why: 'attributes are not looked at, a tag ends at its first ">"' },
  { says: /^ExpatError: .*invalid token/, shows: /\]\]>/, why: '"]]>" is text' },
  { says: /^ExpatError: .*(invalid token|partial character)/, shows: /[\x80-\xff]/, why: 'bytes that are not UTF-8 matter in text only, and a lone A9 is U+FFFD there' },
  { says: /^ExpatError: .*(invalid token|undefined entity|invalid character number|unclosed)/, shows: /<data[\s\S]*&|<\/[a-z]+>[\s\S]*[<&]/, why: 'entities in data are base64; bytes behind the root' },
  { says: /^ExpatError: reference to invalid character number|^ExpatError: .*invalid token/, shows: /&#/, why: 'references to control characters, and to nothing, are text' },
  { says: /^ExpatError: (mismatched|unclosed|no element|.*invalid token)/, shows: /(<\/\w+|\/)>[\s\S]*</, why: 'bytes behind the root' },
  { says: /^IndexError|^ValueError: (unexpected (key|element)|missing value for key)/, shows: /<(key|plist)/, why: 'a key where a value belongs is a string, a key may be empty' },
  { says: /^(binascii\.)?Error: (Incorrect padding|Invalid base64|Leading padding|Excess|Only base64|Discontinuous)/, shows: /<data/, why: 'what does not fill a group of four is dropped' },
  { says: /^ValueError: .*(invalid literal for int|base 10|base 16)/, shows: /<integer/, why: 'white space behind the sign, bytes that count as white space, a sign before 0x' },
  { says: /^ValueError: could not convert string to float/, shows: /<real/, why: 'bytes that count as white space' },
  { says: /^ValueError: (month|day|hour|minute|second|year)|^AttributeError: 'NoneType' object has no attribute 'groupdict'|^OverflowError/, shows: /<date/, why: 'dates are not judged by the calendar, and years have any number of digits' },
  { says: /^TypeError/, shows: /<data/, why: 'plistlib has no binary' },
  { says: /^InvalidFileException/, shows: /^bplist0/, why: 'any version that begins with 0, half surrogate pairs, dates beyond 9999, lengths of 16 bytes' },
  { says: /^Large|^RecursionError/, why: 'a bound of the judge' },
];

// biome-ignore format: tables
/** plistlib takes it, ours refuses. */
export const onlyPlistlibTakes: readonly Difference[] = [
  { shows: /^[^<]*(<[?!][^>]*>\s*)*<!---->/, why: 'CoreFoundation misses the end of <!----> before the root' },
  { says: /an element was expected|a close tag was expected|a declaration or CDATA stands where/, why: 'plistlib passes over text between elements' },
  { says: /an element that property lists do not have|<plist> (is empty|holds more)|a close tag stands|a value in <dict> has no key|a key has no value|the close tag does not match/, why: 'plistlib passes over elements that it does not know, and empty keys' },
  { says: /there is no element|it does not begin|UTF-16 without a byte order mark|cannot be read|not UTF-8|neither an XML nor a binary/, why: 'encodings that CoreFoundation tells otherwise' },
  { says: /internal subset|a declaration that is no DOCTYPE|the DOCTYPE does not end/, shows: /<!DOCTYPE/, why: 'no internal subset; a DOCTYPE ends at its first ">"' },
  { says: /something begins and does not end|ends within|a tag does not end/, shows: /<!---->|>[^<]*"[^<]*>|<!--/, why: 'CoreFoundation misses the end of <!---->; attributes with ">"' },
  { says: /hold nothing, not even white space/, shows: /<(true|false)[^>]*>[^<]|<(true|false)[^>]*><[^/]/, why: 'plistlib passes over what is in them' },
  { says: /<data\/>/, shows: /<data[^>]*\/>/, why: 'CoreFoundation refuses <data/>' },
  { says: /a byte beyond ASCII in <data>/, shows: /[\x80-\xff]/, why: 'plistlib passes over it' },
  { says: /not an <integer>/, shows: /<integer/, why: 'white space behind it, underscores, entities, CDATA and comments, more than 64 bits' },
  { says: /not a <real>/, shows: /<real/, why: 'white space behind it, underscores' },
  { says: /not a <date>/, shows: /<date/, why: 'white space behind it, shortened dates, entities, CDATA and comments' },
  { says: /within text/, shows: /<!|<\?/, why: 'comments and instructions within text' },
  { says: /an entity that property lists do not have/, shows: /<!DOCTYPE[\s\S]*&/, why: 'with an external DTD expat passes over entities that it does not know' },
  { says: /more than eight digits/, shows: /&#/, why: 'leading zeros' },
  { says: /binary property list|between the offsets|references of|offsets of|an offset beyond|begins in the header|reaches beyond|is asked for|no file is long enough/, shows: /^bplist0/, why: 'plistlib does not look at what it does not need' },
  { says: /an object of type|an integer of unknown size|a UID beyond|a length that is not|holds itself|a key is an? |a date that is no time/, shows: /^bplist0/, why: 'null, fill bytes, integers and UIDs of any size, lists that hold themselves' },
];

// biome-ignore format: tables
/** Both take it, as other values. */
export const valuesDiffer: readonly Difference[] = [
  { shows: /^[^<]*(<[?!][^>]*>\s*)*<!---->/, why: 'CoreFoundation misses the end of <!----> before the root' },
  { shows: /<[a-z]+ [^>]*">"/, why: 'a tag ends at its first ">", in quotes or not' },
  { shows: /\r|&#x?0*[dD]|&#13/, why: 'CoreFoundation keeps line ends' },
  { shows: /<data[^>]*>[^<]*[^A-Za-z0-9+/\s<]|<data[^>]*>(?!\s*(([A-Za-z0-9+/]\s*){4})*<)/, why: 'padding, entities and groups that are not full' },
  { shows: /<date/, why: 'plistlib passes over what follows a date' },
  { shows: /<key>([^<]*)<\/key>[\s\S]*<key>\1<\/key>|<plist[\s\S]*<plist/, why: 'plistlib keeps the last of several values' },
  { shows: /<key[^>]*(\/>|><\/key)/, why: 'plistlib passes over an empty key' },
  { shows: /CF\$UID/, why: 'plistlib has no UID in XML' },
  { shows: /[\x80-\xff]/, why: 'ISO-8859-1 and ASCII as declared' },
  { shows: /^bplist0/, why: 'the first of two equal keys wins, keys that are no strings are left out, of 128 bits the lower half counts, times are whole milliseconds' },
];
