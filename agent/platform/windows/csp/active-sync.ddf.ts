import { csp } from '../tree/ddf.js';

/** ActiveSync: Exchange accounts of a user (specs/windows.md §2.2). */
export const activeSync = csp(
  'ActiveSync',
  String.raw`
./User/Vendor/MSFT/ActiveSync [G] node
  Accounts [G] node
    {Account GUID} [ADGR] node * = RegEx:\{[0-9A-Fa-f]{8}\-[0-9A-Fa-f]{4}\-[0-9A-Fa-f]{4}\-[0-9A-Fa-f]{4}\-[0-9A-Fa-f]{12}\} ATOMIC
      EmailAddress [ADGR] chr
      Domain [ADGR] chr
      AccountIcon [ADGR] chr
      AccountType [ADGR] chr
      AccountName [ADGR] chr
      Password [ADGR] chr Masked
      ServerName [ADGR] chr
      UserName [ADGR] chr
      Options [ADGR] node
        CalendarAgeFilter [ADGR] chr
        Logging [ADGR] chr def=0 = ENUM:0|1|2
        MailBodyType [ADGR] chr = ENUM:0|1|2|3|4
        MailHTMLTruncation [ADGR] chr
        MailPlainTextTruncation [ADGR] chr
        Schedule [ADGR] chr def=-1 = Range:[(-1)-4294967295]
        UseSSL [ADGR] chr def=1 = ENUM:0|1
        MailAgeFilter [ADGR] chr def=3 = ENUM:0|1|2|3|4|5|6
        ContentTypes [ADGR] node
          {Content Type GUID} [ADGR] node *
            Enabled [ADGR] chr def=1 = ENUM:0|1
            Name [ADGR] chr
      Policies [ADGR] node
        MailBodyType [ADGR] chr = ENUM:HTML|plain
        MaxMailAgeFilter [ADGR] chr
`,
);
