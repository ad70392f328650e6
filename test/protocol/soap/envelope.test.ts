import { describe, expect, it } from 'vitest';
import { isRollcallError } from '../../../base/errors.js';
import { readEnvelope, writeReply } from '../../../protocol/soap/envelope.js';
import { writeFault } from '../../../protocol/soap/fault.js';
import { judgeXml } from '../../support/judge-xml.js';
import { describeWith } from '../../support/programs.js';

const liberally = { isLiberal: true };
const soap = 'xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing"';
const bytes = (text: string) => Buffer.from(text);
const envelope = (body: string, header = '') =>
  bytes(`<s:Envelope ${soap}>${header}<s:Body>${body}</s:Body></s:Envelope>`);

function codeOf(given: Uint8Array, reading = {}): string {
  try {
    readEnvelope(given, reading);
  } catch (error) {
    return isRollcallError(error) ? error.code : `foreign: ${String(error)}`;
  }
  return 'read';
}

describe('an envelope', () => {
  it('is its addresses, without the white space around them, its security and the first child of its body', () => {
    const header =
      '<s:Header><a:Action s:mustUnderstand="1">\n urn:act \n</a:Action><a:MessageID>m</a:MessageID><a:RelatesTo>r</a:RelatesTo>' +
      '<a:To> t </a:To><o:Security xmlns:o="urn:o"><o:X/></o:Security></s:Header>';
    const read = readEnvelope(envelope('text<One xmlns="urn:one"/><Two/>', header));
    expect(read).toMatchObject({ action: 'urn:act', messageId: 'm', relatesTo: 'r', to: 't' });
    expect(read.security?.namespace).toBe('urn:o');
    expect(read.body).toMatchObject({ name: 'One', namespace: 'urn:one' });
    expect(read.fault).toBeUndefined();
  });

  it('may have neither header nor content', () => {
    expect(readEnvelope(envelope(''))).toEqual({});
  });

  it('has an Action without namespace, where a server writes it so', () => {
    const header = '<s:Header><Action>urn:act</Action></s:Header>';
    expect(readEnvelope(envelope('', header), liberally).action).toBe('urn:act');
  });

  it('of SOAP 1.1, or in other capitals, is read liberally alone', () => {
    const old = bytes('<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><x/></Body></Envelope>');
    expect(codeOf(old)).toBe('SOAP_MALFORMED');
    expect(readEnvelope(old, liberally).body?.name).toBe('x');
    expect(readEnvelope(bytes(`<s:envelope ${soap}><s:body><x/></s:body></s:envelope>`), liberally).body?.name).toBe(
      'x',
    );
  });

  it.each([
    ['nothing', '', 'XML_MALFORMED'],
    ['a page', '<html><body>Sign in</body></html>', 'SOAP_MALFORMED'],
    ['a page of HTML 5', '<!DOCTYPE html><html><body>Sign in<br></body></html>', 'XML_MALFORMED'],
    ['JSON', '{"error":"not found"}', 'XML_MALFORMED'],
    ['an envelope without a body', `<s:Envelope ${soap}><s:Header/></s:Envelope>`, 'SOAP_MALFORMED'],
    ['one that is cut before its end', `<s:Envelope ${soap}><s:Body><x/></s:Body>`, 'XML_MALFORMED'],
    ['one that is too deep', `<s:Envelope ${soap}><s:Body>${'<x>'.repeat(200_000)}`, 'XML_LIMIT'],
    [
      'one that is too long',
      `<s:Envelope ${soap}><s:Body>${' '.repeat(1024 * 1024)}</s:Body></s:Envelope>`,
      'XML_LIMIT',
    ],
  ])('is not %s', (_, text, code) => {
    expect(codeOf(bytes(text))).toBe(code);
    expect(codeOf(bytes(text), liberally)).toBe(code);
  });

  it('may be given other bounds', () => {
    expect(codeOf(envelope('<x><y/></x>'), { maxDepth: 3 })).toBe('XML_LIMIT');
  });
});

describe('a fault', () => {
  const detail = { errorType: 'DeviceCapReached', message: 'ten <already>', traceId: 'T-1' };

  it('is read back as it was written', () => {
    const written = writeFault({ subcode: 'Authorization', reason: 'no & never', detail, relatesTo: 'urn:uuid:1' });
    const read = readEnvelope(written);
    const word = 'DeviceCapReached';
    expect(read.fault).toEqual({ code: 'Receiver', subcode: 'Authorization', reason: 'no & never', detail, word });
    expect(read.relatesTo).toBe('urn:uuid:1');
    expect(read.action).toBe('http://schemas.microsoft.com/windows/pki/2009/01/enrollment/rstrc/wstep');
  });

  it('names its subcodes by the namespaces of MS-MDE2, and its language', () => {
    const text = (subcode: string) => writeFault({ subcode, reason: 'x', code: 'Sender', lang: 'de-de' }).toString();
    expect(text('Authentication')).toContain(
      '<s:Value>s:Sender</s:Value><s:Subcode><s:Value>s:Authentication</s:Value>',
    );
    expect(text('InvalidSecurity')).toContain('<s:Value>a:InvalidSecurity</s:Value>');
    expect(text('x')).toContain('<s:Text xml:lang="de-de">x</s:Text>');
  });

  it('is one whatever its capitals are, with what is in it', () => {
    const fault =
      '<s:fault><s:code><s:value>s:receiver</s:value><s:subcode><s:value>s:enrollmentserver</s:value></s:subcode></s:code>' +
      '<s:reason><s:text> sorry </s:text></s:reason><s:detail><deviceenrollmentserviceerror><errortype>NotSupported</errortype>' +
      '</deviceenrollmentserviceerror></s:detail></s:fault>';
    expect(readEnvelope(envelope(fault), liberally).fault).toEqual({
      code: 'receiver',
      subcode: 'enrollmentserver',
      reason: 'sorry',
      detail: { errorType: 'NotSupported' },
    });
  });

  it('says to Windows what stands under the names of the specification alone', () => {
    const en = 'http://schemas.microsoft.com/windows/pki/2009/01/enrollment';
    const word = (subcode: string, detail = '') =>
      readEnvelope(
        envelope(`<s:Fault><s:Code><s:Value>s:Receiver</s:Value>${subcode}</s:Code>${detail}</s:Fault>`),
        liberally,
      ).fault?.word;
    const subcode = '<s:Subcode><s:Value> s:Authorization </s:Value></s:Subcode>';
    const detail = (name: string, type: string) =>
      `<s:Detail><x xmlns=""><${name} xmlns="${en}"><ErrorType>${type}</ErrorType></${name}></x></s:Detail>`;
    expect(word(subcode)).toBe('s:Authorization');
    expect(word(subcode, detail('DeviceEnrollmentServiceError', 'UserLicense'))).toBe('UserLicense');
    expect(word(subcode, detail('DeviceEnrollmentServiceError', ''))).toBe('s:Authorization');
    expect(word(subcode, detail('deviceenrollmentserviceerror', 'UserLicense'))).toBe('s:Authorization');
    expect(word(subcode.replaceAll('s:Subcode', 's:subcode'))).toBeUndefined();
    expect(word(subcode.replaceAll('s:Subcode', 's:Text'))).toBeUndefined();
    expect(word('<Subcode xmlns=""><Value>Authorization</Value></Subcode>')).toBeUndefined();
    expect(word(`<s:Subcode>${subcode}</s:Subcode>`)).toBe('s:Authorization');
  });

  it('may have nothing in it at all', () => {
    expect(readEnvelope(envelope('<s:Fault/>')).fault).toEqual({ code: '', reason: '' });
  });

  it('says no more than two thousand characters', () => {
    const long = writeFault({ reason: 'x'.repeat(50_000) });
    expect(readEnvelope(long).fault?.reason).toHaveLength(2000);
  });
});

describeWith('xmllint')('xmllint', () => {
  it('takes faults and replies', () => {
    judgeXml(writeFault({ subcode: 'InternalServiceFault', reason: '<&>\0', detail: { message: ']]>' } }));
    judgeXml(writeReply('urn:"<&>', { relatesTo: '<', activityId: '"&' }, { prefixes: ['s', 'a'] }, '<x/>'));
  });
});
