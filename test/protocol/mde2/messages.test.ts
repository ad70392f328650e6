import { describe, expect, it } from 'vitest';
import { isRollcallError } from '../../../base/errors.js';
import { readBase64 } from '../../../protocol/mde2/base64.js';
import { type ContextFacts, contextItems, negotiate } from '../../../protocol/mde2/context-items.js';
import { type Credential, readSecurity, valueTypes, writeSecurity } from '../../../protocol/mde2/credentials.js';
import {
  decodeDiscover,
  decodeDiscoverResponse,
  encodeDiscover,
  encodeDiscoverResponse,
} from '../../../protocol/mde2/discover.js';
import {
  decodeGetPolicies,
  decodePoliciesResponse,
  encodeGetPolicies,
  encodePoliciesResponse,
} from '../../../protocol/mde2/policies.js';
import {
  decodeRequestToken,
  decodeTokenResponse,
  encodeRequestToken,
  encodeTokenResponse,
} from '../../../protocol/mde2/request-token.js';
import { readEnvelope } from '../../../protocol/soap/envelope.js';
import { writeFault } from '../../../protocol/soap/fault.js';
import { judgeXml } from '../../support/judge-xml.js';
import { describeWith } from '../../support/programs.js';

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return isRollcallError(error) ? error.code : `foreign: ${String(error)}`;
  }
  return 'read';
}

const to = 'https://x.example/a?b=1&c=2';
const token: Credential = { kind: 'token', token: 'eyJ0eXBlIjoxfQ==', valueType: valueTypes.userToken };
const user: Credential = { kind: 'username', username: 'do"main\\<user>', password: ' p&w<' };

describe('Discover', () => {
  const request = {
    to,
    emailAddress: 'ü&@x.example',
    requestVersion: '5.0',
    applicationVersion: '10.0.26100.1',
    authPolicies: ['OnPremise', 'Federated', 'Certificate'],
  };

  it('is read as it was written', () => {
    expect(decodeDiscover(encodeDiscover({ ...request, osEdition: 4 }))).toEqual({
      ...request,
      messageId: 'urn:uuid:748132ec-a575-4329-b01b-6171a9cf8478',
      deviceType: 'CIMClient_Windows',
      osEdition: 4,
    });
    expect(decodeDiscover(encodeDiscover({ ...request, emailAddress: '', authPolicies: [] }))).toMatchObject({
      emailAddress: '',
      authPolicies: [],
    });
  });

  it('is refused by a stub where something is wrong with it', () => {
    const text = encodeDiscover({ ...request, osEdition: 4 }).toString();
    const changed = (from: string | RegExp, by: string) => () => decodeDiscover(Buffer.from(text.replace(from, by)));
    expect(codeOf(changed(/<RequestVersion>.*<\/RequestVersion>/, ''))).toBe('MDE_MALFORMED');
    expect(codeOf(changed('CIMClient_Windows', ''))).toBe('MDE_MALFORMED');
    expect(codeOf(changed('<OSEdition>4', '<OSEdition>four'))).toBe('MDE_MALFORMED');
    expect(codeOf(changed(/request/g, 'question'))).toBe('MDE_MALFORMED');
    expect(codeOf(changed('2012/01', '2013/01'))).toBe('read'); // the Action says nothing here
    expect(codeOf(changed(/2012\/01/g, '2013/01'))).toBe('MDE_MALFORMED');
    expect(codeOf(changed(/^/, '\ufeff'))).toBe('XML_MALFORMED');
    expect(codeOf(changed('xmlns:a=', 'xmlns:b='))).toBe('XML_MALFORMED');
    expect(codeOf(changed('</s:Envelope>', ''))).toBe('XML_MALFORMED');
    expect(codeOf(() => decodeDiscover(Buffer.alloc(0)))).toBe('XML_MALFORMED');
    expect(codeOf(() => decodeDiscover(encodeGetPolicies({ to })))).toBe('MDE_MALFORMED');
  });

  it('has a reply that is read as it was written', () => {
    const response = {
      authPolicy: 'Federated',
      enrollmentVersion: '4.0',
      serviceUrl: to,
      authenticationUrl: `${to}&d`,
    };
    const written = encodeDiscoverResponse(response, { relatesTo: 'urn:uuid:1', activityId: 'act' });
    expect(decodeDiscoverResponse(written)).toEqual(response);
    expect(readEnvelope(written)).toMatchObject({ relatesTo: 'urn:uuid:1' });
    expect(decodeDiscoverResponse(encodeDiscoverResponse({ ...response, policyUrl: to })).policyUrl).toBe(to);
  });

  it('has no reply in a fault, in one without an enrollment service, or in something else', () => {
    const empty = encodeDiscoverResponse({ authPolicy: 'OnPremise', serviceUrl: '' });
    for (const reply of [empty, writeFault({ reason: 'x' }), encodeTokenResponse(Buffer.from('x'))]) {
      expect(codeOf(() => decodeDiscoverResponse(reply))).toBe('MDE_MALFORMED');
    }
  });
});

describe('credentials', () => {
  it('are read as they were written, white space in passwords kept', () => {
    for (const credential of [user, token]) {
      expect(decodeGetPolicies(encodeGetPolicies({ to, credential })).credential).toEqual(credential);
    }
    expect(decodeGetPolicies(encodeGetPolicies({ to })).credential).toBeUndefined();
    expect(writeSecurity(undefined)).toBe('');
    expect(readSecurity(undefined)).toBeUndefined();
  });

  it('of a token name their value type and encoding', () => {
    expect(writeSecurity(token)).toBe(
      '<wsse:Security s:mustUnderstand="1"><wsse:BinarySecurityToken ValueType="http://schemas.microsoft.com/5.0.0.0/ConfigurationManager/Enrollment/DeviceEnrollmentUserToken" ' +
        'EncodingType="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd#base64binary">eyJ0eXBlIjoxfQ==</wsse:BinarySecurityToken></wsse:Security>',
    );
  });

  it('may be broken into lines, or be a user without a password, but not one without a name', () => {
    const changed = (credential: Credential, from: string | RegExp, by: string) => () =>
      decodeGetPolicies(Buffer.from(encodeGetPolicies({ to, credential }).toString().replace(from, by))).credential;
    expect(changed(token, 'eyJ0', '\n eyJ\r\n0')()).toEqual(token);
    expect(changed(user, /<wsse:Password.*<\/wsse:Password>/, '')()).toMatchObject({ password: '' });
    expect(codeOf(changed(user, /<wsse:Username>.*<\/wsse:Username>/, ''))).toBe('MDE_MALFORMED');
  });
});

describe('GetPolicies', () => {
  it('tells of the TPM where there is one, as Windows does from request version 5.0 on', () => {
    const tpm = { manufacturer: 'INTC', firmwareVersion: '500.14.0.0' };
    const written = encodeGetPolicies({ to, credential: token, tpm });
    expect(decodeGetPolicies(written)).toMatchObject({ to, tpm, credential: token });
    expect(written.toString()).toContain('<preferredLanguage xsi:nil="true"/><TPMManufacturer>INTC</TPMManufacturer>');
  });

  it('is answered with a policy that leaves nothing to defaults', () => {
    const policy = {
      keyLength: 4096,
      hash: '1.3.14.3.2.29',
      commonName: 'A & B',
      validitySeconds: 100,
      renewalSeconds: 50,
    };
    expect(decodePoliciesResponse(encodePoliciesResponse(policy, { relatesTo: 'urn:uuid:2' }))).toEqual({
      keyLength: 4096,
      digest: 'sha1',
      commonName: 'A & B',
      validitySeconds: 100,
      renewalSeconds: 50,
      policySchema: 3,
      mayEnroll: true,
      keyAlgorithm: '1.2.840.113549.1.1.1',
      cryptoProviders: ['Microsoft Platform Crypto Provider', 'Microsoft Software Key Storage Provider'],
      defaulted: [],
    });
    expect(decodePoliciesResponse(encodePoliciesResponse())).toMatchObject({ keyLength: 2048, digest: 'sha256' });
  });

  const whole = encodePoliciesResponse().toString();
  const changed = (from: string | RegExp, by: string) => decodePoliciesResponse(Buffer.from(whole.replace(from, by)));

  it.each<[string, string | RegExp, string, readonly string[]]>([
    [
      'without oIDs',
      /<oIDs>.*<\/oIDs>/,
      '',
      ['hashAlgorithmOIDReference: refers to nothing', 'algorithmOIDReference: refers to nothing'],
    ],
    [
      'with oIDs of another shape',
      /<oID>.*?<\/oID>/g,
      '<value>2.16.840.1.101.3.4.2.1</value>',
      ['hashAlgorithmOIDReference: refers to nothing', 'algorithmOIDReference: refers to nothing'],
    ],
    [
      'with nil oIDs that have content',
      '<oIDs>',
      '<oIDs xsi:nil="true">',
      ['hashAlgorithmOIDReference: refers to nothing', 'algorithmOIDReference: refers to nothing'],
    ],
    [
      'with a digest that nobody knows',
      '2.16.840.1.101.3.4.2.1',
      '1.2.3',
      ['hashAlgorithmOIDReference: a digest that is not known'],
    ],
    ['without a key length', /<minimalKeyLength>\d+<\/minimalKeyLength>/, '', ['minimalKeyLength: missing']],
    ['with a key length that takes a year', '>2048<', '>1000000<', ['minimalKeyLength: out of range']],
    ['with a key length that is none', '>2048<', '>long<', ['minimalKeyLength: no number']],
    [
      'without a validity',
      /<certificateValidity>.*<\/certificateValidity>/,
      '',
      ['validityPeriodSeconds: missing', 'renewalPeriodSeconds: missing'],
    ],
  ])('is read %s, and says so', (_, from, by, defaulted) => {
    const policy = changed(from, by);
    expect(policy.defaulted).toEqual(defaulted);
    expect(policy.keyLength).toBe(2048);
    if (defaulted[0]?.startsWith('hash') === true) expect(policy.digest).toBeUndefined();
  });

  it('is read without any policy, and with one that forbids', () => {
    expect(changed(/<policies>.*<\/policies>/, '').defaulted[0]).toBe('policy: none in the reply');
    expect(changed(/<GetPoliciesResponse.*<\/GetPoliciesResponse>/, '').keyLength).toBe(2048);
    expect(changed('<enroll>true', '<enroll>false').mayEnroll).toBe(false);
    expect(changed(/<cryptoProviders>.*<\/cryptoProviders>/, '').cryptoProviders).toEqual([]);
  });

  it('has no policy in a fault, nor in a page', () => {
    expect(codeOf(() => decodePoliciesResponse(writeFault({ reason: 'x' })))).toBe('MDE_MALFORMED');
    expect(codeOf(() => decodePoliciesResponse(Buffer.from('<html/>')))).toBe('SOAP_MALFORMED');
  });
});

describe('RequestSecurityToken', () => {
  const request = {
    to,
    credential: token,
    requestType: 'Renew',
    token: Buffer.from('some DER'),
    tokenValueType: valueTypes.pkcs7,
    context: [
      ['MAC', '1'],
      ['MAC', '2'],
      ['a"<', '&'],
      ['empty', ''],
    ],
  } as const;

  it('is read as it was written', () => {
    expect(decodeRequestToken(encodeRequestToken({ ...request, messageId: 'urn:uuid:7' }))).toEqual({
      ...request,
      messageId: 'urn:uuid:7',
    });
  });

  it('is refused by a stub where something is wrong with it', () => {
    const text = encodeRequestToken(request).toString();
    const changed = (from: string | RegExp, by: string) => () =>
      decodeRequestToken(Buffer.from(text.replace(from, by)));
    expect(codeOf(changed('200512/Renew', '200512/Cancel'))).toBe('MDE_MALFORMED');
    expect(codeOf(changed('c29tZSBERVI=', ''))).toBe('MDE_MALFORMED');
    expect(codeOf(changed('c29tZSBERVI=', 'c29tZSBERVI!'))).toBe('MDE_MALFORMED');
    expect(codeOf(changed('c29tZSBERVI=', 'c29t\r\nZSBE\n RVI='))).toBe('read');
    expect(codeOf(changed(' Name="MAC"', ''))).toBe('MDE_MALFORMED');
    expect(codeOf(changed(/<ac:AdditionalContext.*<\/ac:AdditionalContext>/, ''))).toBe('read');
    expect(codeOf(() => decodeRequestToken(encodeGetPolicies({ to })))).toBe('MDE_MALFORMED');
  });

  it('has a reply whose document comes out byte for byte', () => {
    const document = Buffer.from('<wap-provisioningdoc/>\r\n\0');
    expect(decodeTokenResponse(encodeTokenResponse(document, { relatesTo: 'x' })).document.equals(document)).toBe(true);
  });

  it('has no document in a fault, an empty token or none', () => {
    const text = encodeTokenResponse(Buffer.from('hello')).toString();
    const changed = (from: string | RegExp, by: string) => () =>
      decodeTokenResponse(Buffer.from(text.replace(from, by)));
    expect(codeOf(() => decodeTokenResponse(writeFault({ reason: 'x' })))).toBe('MDE_MALFORMED');
    expect(codeOf(changed('aGVsbG8=', ''))).toBe('MDE_MALFORMED');
    expect(codeOf(changed(/RequestedSecurityToken/g, 'Other'))).toBe('MDE_MALFORMED');
  });
});

describe('the context of a request', () => {
  const facts: ContextFacts = {
    uxInitiated: false,
    hwDevId: 'H',
    locale: 'de-DE',
    targetedUserLoggedIn: true,
    osEdition: 48,
    deviceName: 'D',
    macs: ['M1', 'M2'],
    deviceId: 'I',
    enrollmentType: 'Device',
    osVersion: '10.0.26100.1',
    applicationVersion: '10.0.26100.2',
    notInOobe: true,
    imeis: ['E1', 'E2'],
    manufacturer: 'Contoso',
    deviceModel: 'Model',
    serialNumber: 'S',
    requestVersion: '9.0',
  };

  it('stands in the order of Windows 11, with the attestation that it has not at 9.0', () => {
    expect(contextItems(facts).map(([name]) => name)).toEqual([
      ...['UXInitiated', 'HWDevID', 'Locale', 'TargetedUserLoggedIn', 'OSEdition', 'DeviceName', 'MAC', 'MAC'],
      ...['DeviceID', 'EnrollmentType', 'DeviceType', 'OSVersion', 'ApplicationVersion', 'NotInOobe', 'IMEI', 'IMEI'],
      ...[
        'Manufacturer',
        'DeviceModel',
        'SerialNumber',
        'RequestVersion',
        'AttestationStatus',
        'AttestationStatusHResult',
      ],
    ]);
    const values = new Map(contextItems(facts));
    expect(values.get('AttestationStatus')).toBe(
      'Status=AttestationResultNoAttestation;AttestationErrorMsg=No AIK algorithms provided',
    );
    expect(values.get('AttestationStatusHResult')).toBe('0x80070057');
    expect(values.get('UXInitiated')).toBe('false');
    expect(values.get('DeviceType')).toBe('CIMClient_Windows');
  });

  it('has no attestation below 9.0, and the blob of the terms of use where there is one', () => {
    const items = contextItems({ ...facts, requestVersion: '5.0', enrollmentData: 'blob' });
    expect(items.at(-1)).toEqual(['EnrollmentData', 'blob']);
    expect(items.map(([name]) => name)).not.toContain('AttestationStatus');
  });

  it.each([
    ['3.0', '9.0'],
    [undefined, '9.0'],
    ['4.0', '4.0'],
    ['5.0', '5.0'],
    ['8.0', '8.0'],
    ['9.0', '9.0'],
    ['10.0', '9.0'],
    ['x', '9.0'],
  ])('answers the server’s version %s with %s', (theirs, ours) => {
    expect(negotiate(theirs)).toBe(ours);
  });
});

describe('base64', () => {
  it('is read with white space anywhere, with padding or without', () => {
    for (const text of ['aGVsbG8=', 'aGVs\r\nbG8=', ' aG Vsb\tG8 = \n', 'aGVsbG8']) {
      expect(readBase64(text)?.toString()).toBe('hello');
    }
    expect(readBase64('')).toEqual(Buffer.alloc(0));
  });

  it('is nothing else', () => {
    for (const text of ['a', 'aGVsbG8==', 'aGVsbG8-', 'aGVs=bG8', '====', 'aGVsb', 'nonce', 'é']) {
      expect([text, readBase64(text)]).toEqual([text, undefined]);
    }
  });
});

describeWith('xmllint')('xmllint', () => {
  it('takes what both sides write, whatever is in it', () => {
    const nasty = '<&">\'\0\u001f]]>\r\n\ud800';
    const credential = { kind: 'username', username: nasty, password: nasty } as const;
    const tpm = { manufacturer: nasty, firmwareVersion: nasty };
    const response = { authPolicy: nasty, serviceUrl: nasty, policyUrl: nasty };
    const request = { emailAddress: nasty, requestVersion: nasty, applicationVersion: nasty, authPolicies: [nasty] };
    const context = [[nasty, nasty]] as const;
    for (const document of [
      encodeDiscover({ to: nasty, ...request }),
      encodeDiscoverResponse(response, { relatesTo: nasty, activityId: nasty }),
      encodeGetPolicies({ to: nasty, credential, tpm }),
      encodeGetPolicies({ to, credential: { kind: 'token', token: nasty, valueType: nasty } }),
      encodePoliciesResponse({ hash: nasty, commonName: nasty }),
      encodeRequestToken({ to, requestType: 'Issue', token: Buffer.alloc(3), tokenValueType: nasty, context }),
      encodeTokenResponse(Buffer.from(nasty)),
    ])
      judgeXml(document);
  });
});
