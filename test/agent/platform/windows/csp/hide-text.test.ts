import { expect, it } from 'vitest';
import { hideText } from '../../../../../agent/platform/windows/csp/hide-text.js';

it.each([
  ['<a><key>k</key></a>', '<a><key>*</key></a>'],
  ['<a><p.x:key b="c" >k</p.x:key ></a>', '<a><p.x:key b="c" >*</p.x:key ></a>'],
  ['<a><key/><keys>k</keys><key>k</key><key></key></a>', '<a><key/><keys>k</keys><key>*</key><key>*</key></a>'],
  ['<a><!-- <key> --><key>k</key></a>', '<a><!-- <key>*</key></a>'],
  ['<a><key><![CDATA[k]]></key></a>', '<a><key>*</key></a>'],
  ['<a><!-- <key> --></a>', '<a><!-- <key> --></a>'],
])('%s is shown as %s', (document, shown) => {
  expect(hideText(document, 'key', '*')).toBe(shown);
});

it('looks at a document once, whatever a server has put into its comments', () => {
  const document = `<a><!--${'<key>'.repeat(200_000)}--></a>`; // minutes, if each were followed to the end
  expect(hideText(document, 'key', '*')).toBe(document);
});
