import { csp } from '../tree/ddf.js';

/** EMAIL2: mail accounts of a user (specs/windows.md §2.2). Its passwords are not readable. */
export const email2 = csp(
  'EMAIL2',
  String.raw`
./User/Vendor/MSFT/EMAIL2 [G] node
  {Account GUID} [ADGR] node * = RegEx:\{[0-9A-Fa-f]{8}\-[0-9A-Fa-f]{4}\-[0-9A-Fa-f]{4}\-[0-9A-Fa-f]{4}\-[0-9A-Fa-f]{12}\}
    ACCOUNTICON [ADGR] chr ?
    ACCOUNTTYPE [ADGR] chr = ENUM:Email|VVM
    AUTHNAME [ADGR] chr
    AUTHREQUIRED [ADGR] chr ? = ENUM:0|1
    AUTHSECRET [ADGR] chr ? Masked
    DOMAIN [ADGR] chr ?
    DWNDAY [ADGR] chr ? = ENUM:-1|7|14|30|90
    INSERVER [ADGR] chr
    LINGER [ADGR] chr ? def=15 = Range:[(-1)-2147483647]
    KEEPMAX [ADGR] chr ? = ENUM:-1|0|25|50|100|250
    NAME [ADGR] chr ?
    OUTSERVER [ADGR] chr
    REPLYADDR [ADGR] chr
    SERVICENAME [ADGR] chr
    SERVICETYPE [ADGR] chr
    RETRIEVE [ADGR] chr ? = Range:[(-1)-2147483647]
    SERVERDELETEACTION [ADGR] chr ? = ENUM:1|2
    CELLULARONLY [ADGR] chr ?
    SYNCINGCONTENTTYPES [ADGR] chr = Flag:0x0|0x1|0x2|0x4|0x8|0x10|0x60|0x180|0x200|0x400|0x800|0x1000|0xffffffff
    CONTACTSSERVER [ADGR] chr ?
    CALENDARSERVER [ADGR] chr ?
    CONTACTSSERVERREQUIRESSL [ADGR] chr ?
    CALENDARSERVERREQUIRESSL [ADGR] chr ?
    CONTACTSSYNCSCHEDULE [ADGR] chr ?
    CALENDARSYNCSCHEDULE [ADGR] chr ?
    SMTPALTAUTHNAME [ADGR] chr ?
    SMTPALTDOMAIN [ADGR] chr ?
    SMTPALTENABLED [ADGR] chr ? = ENUM:0|1
    SMTPALTPASSWORD [ADGR] chr ? Masked
    TAGPROPS [ADGR] node
      8128000B [ADGR] chr ? = ENUM:0|1
      812C000B [ADGR] chr ? = ENUM:0|1
`,
);
