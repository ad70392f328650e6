import { describe, expect, it } from 'vitest';
import {
  hresultHex,
  hresultOf,
  hresultOfFault,
  hresultOfStatus,
  hresults,
  hresultText,
} from '../../../protocol/mde2/hresult.js';

const ofFault = (word?: string, reason = '') => {
  const code = hresultOfFault({ reason, ...(word !== undefined && { word }) });
  return code === undefined ? undefined : hresultText(code);
};

describe('what a person is told', () => {
  it.each([
    ['s:MessageFormat', '0x80180001 MENROLL_E_DEVICE_MESSAGE_FORMAT_ERROR'],
    ['s:Authentication', '0x80180002 MENROLL_E_DEVICE_AUTHENTICATION_ERROR'],
    ['wsse:FailedAuthentication', '0x80180002 MENROLL_E_DEVICE_AUTHENTICATION_ERROR'],
    ['s:Authorization', '0x80180003 MENROLL_E_DEVICE_AUTHORIZATION_ERROR'],
    ['CertificateRequest', '0x80180004 MENROLL_E_DEVICE_CERTIFCATEREQUEST_ERROR'],
    ['CertificateAuthority', '0x80180004 MENROLL_E_DEVICE_CERTIFCATEREQUEST_ERROR'],
    ['EnrollmentServer', '0x80180005 MENROLL_E_DEVICE_CONFIGMGRSERVER_ERROR'],
    ['a:InternalServiceFault', '0x80180006 MENROLL_E_DEVICE_INTERNALSERVICE_ERROR'],
    ['InternalServerFault', '0x80180006 MENROLL_E_DEVICE_INTERNALSERVICE_ERROR'],
    ['a:InvalidSecurity', '0x80180007 MENROLL_E_DEVICE_INVALIDSECURITY_ERROR'],
    ['DeviceCapReached', '0x80180013 MENROLL_E_DEVICECAPREACHED'],
    ['DeviceNotSupported', '0x80180014 MENROLL_E_DEVICENOTSUPPORTED'],
    ['NotSupported', '0x80180015 MENROLL_E_NOT_SUPPORTED'],
    ['NotEligibleToRenew', '0x80180016 MENROLL_E_NOTELIGIBLETORENEW'],
    ['InMaintenance', '0x80180017 MENROLL_E_INMAINTENANCE'],
    ['UserLicense', '0x80180018 MENROLL_E_USER_LICENSE'],
    ['InvalidEnrollmentData', '0x80180019 MENROLL_E_ENROLLMENTDATAINVALID'],
    ['CustomServerError', '0x80180032 MENROLL_E_CUSTOMSERVERERROR'],
    ['Nonsense', '0x80180008 MENROLL_E_DEVICE_UNKNOWN_ERROR'],
    ['', '0x80180008 MENROLL_E_DEVICE_UNKNOWN_ERROR'],
    ['s:enrollmentserver', '0x80180008 MENROLL_E_DEVICE_UNKNOWN_ERROR'],
    ['devicenotsupported', '0x80180008 MENROLL_E_DEVICE_UNKNOWN_ERROR'],
  ])('of a fault that says “%s” is %s', (word, text) => {
    expect(ofFault(word)).toBe(text);
  });

  it('of a fault in which Windows finds no word is nothing', () => {
    expect(ofFault(undefined, 'NotEligibleToRenew')).toBeUndefined();
  });

  it('is that of a renewal where the reason alone says so', () => {
    expect(ofFault('s:Authorization', 'NotEligibleToRenew: too late')).toContain('0x80180016');
  });

  it.each([
    [200, '0x801900C8'],
    [400, '0x80190190 HTTP_E_STATUS_BAD_REQUEST'],
    [404, '0x80190194 HTTP_E_STATUS_NOT_FOUND'],
    [429, '0x80180033 MENROLL_E_SERVER429'],
    [500, '0x801901F4 HTTP_E_STATUS_SERVER_ERROR'],
    [503, '0x801901F7 HTTP_E_STATUS_SERVICE_UNAVAIL'],
  ])('of HTTP %d without a usable body is %s', (status, text) => {
    expect(hresultText(hresultOfStatus(status))).toBe(text);
    expect(hresultOf(hresultOfStatus(status))?.meaning).not.toBe('');
  });

  it('is a number of eight digits, unsigned, where no name is known', () => {
    expect(hresultText(0x83750005)).toBe('0x83750005');
    expect(hresultText(0x801c0003)).toBe('0x801C0003');
    expect(hresultHex(5)).toBe('0x00000005');
    expect(2149122248).toBe(hresultOfStatus(200)); // as case D2 reports it
  });

  it('has no code twice', () => {
    expect(new Set(hresults.map(({ code }) => code)).size).toBe(hresults.length);
    const names = hresults.flatMap(({ name }) => name ?? []);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBe(hresults.length - 2);
  });
});
