import { describe, expect, it } from 'vitest';
import {
  hresultHex,
  hresultOf,
  hresultOfFault,
  hresultOfStatus,
  hresults,
  hresultText,
} from '../../../protocol/mde2/hresult.js';

const ofFault = (subcode?: string, errorType?: string) =>
  hresultText(
    hresultOfFault({
      code: 'Receiver',
      reason: '',
      ...(subcode !== undefined && { subcode }),
      ...(errorType !== undefined && { detail: { errorType } }),
    }),
  );

describe('what a person is told', () => {
  it.each([
    ['MessageFormat', undefined, '0x80180001 MENROLL_E_DEVICE_MESSAGE_FORMAT_ERROR'],
    ['Authentication', undefined, '0x80180002 MENROLL_E_DEVICE_AUTHENTICATION_ERROR'],
    ['Authorization', undefined, '0x80180003 MENROLL_E_DEVICE_AUTHORIZATION_ERROR'],
    ['CertificateRequest', undefined, '0x80180004 MENROLL_E_DEVICE_CERTIFCATEREQUEST_ERROR'],
    ['enrollmentserver', undefined, '0x80180005 MENROLL_E_DEVICE_CONFIGMGRSERVER_ERROR'],
    ['InternalServiceFault', undefined, '0x80180006 MENROLL_E_DEVICE_INTERNALSERVICE_ERROR'],
    ['InvalidSecurity', undefined, '0x80180007 MENROLL_E_DEVICE_INVALIDSECURITY_ERROR'],
    [undefined, undefined, '0x80180008 MENROLL_E_DEVICE_UNKNOWN_ERROR'],
    ['Nonsense', 'Nonsense', '0x80180008 MENROLL_E_DEVICE_UNKNOWN_ERROR'],
    ['Authorization', 'DeviceCapReached', '0x80180013 MENROLL_E_DEVICECAPREACHED'],
    ['Authorization', 'devicenotsupported', '0x80180014 MENROLL_E_DEVICENOTSUPPORTED'],
    ['Authorization', 'NotSupported', '0x80180015 MENROLL_E_NOT_SUPPORTED'],
    ['Authorization', 'NotEligibleToRenew', '0x80180016 MENROLL_E_NOTELIGIBLETORENEW'],
    ['Authorization', 'InMaintenance', '0x80180017 MENROLL_E_INMAINTENANCE'],
    ['Authorization', 'UserLicense', '0x80180018 MENROLL_E_USER_LICENSE'],
    ['Authorization', 'InvalidEnrollmentData', '0x80180019 MENROLL_E_ENROLLMENTDATAINVALID'],
    ['Authorization', 'CustomServerError', '0x80180032 MENROLL_E_CUSTOMSERVERERROR'],
    ['Authorization', 'Nonsense', '0x80180003 MENROLL_E_DEVICE_AUTHORIZATION_ERROR'],
    ['constructor', '__proto__', '0x80180008 MENROLL_E_DEVICE_UNKNOWN_ERROR'],
  ])('of the subcode %s and the error type %s is %s', (subcode, errorType, text) => {
    expect(ofFault(subcode, errorType)).toBe(text);
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
