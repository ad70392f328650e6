// Messages of ours that have everything that a message can have.
import type { SyncHdr, SyncMlMessage } from '../../../protocol/syncml/message.js';

export const header: SyncHdr = {
  sessionId: '7',
  msgId: '2',
  target: 'https://mdm.example.test/ManagementServer/MDM.svc?mode=Maintenance&Platform=WoA',
  source: '0123456789ABCDEF0123456789ABCDEF',
};

/** Each command, each part of Meta, and each reference once at least. */
export const richMessage: SyncMlMessage = {
  header: {
    ...header,
    sourceName: 'user & co',
    respUri: 'https://mdm.example.test/answer?id=7&x',
    cred: { meta: { format: 'b64', type: 'syncml:auth-md5' }, data: 'AAAAAAAAAAAAAAAAAAAAAA==' },
    meta: { maxMsgSize: 524288, maxObjSize: 1048576 },
  },
  commands: [
    {
      verb: 'Status',
      cmdId: '1',
      msgRef: '1',
      cmdRef: '0',
      cmd: 'SyncHdr',
      targetRefs: ['https://mdm.example.test/'],
      sourceRefs: ['0123456789ABCDEF0123456789ABCDEF', 'other'],
      data: '401',
      chal: { format: 'b64', type: 'syncml:auth-md5', nextNonce: 'Tm9uY2U=' },
      items: [{ data: 'why' }],
      originalError: '0x86000002',
    },
    {
      verb: 'Alert',
      cmdId: '2',
      data: '1226',
      items: [
        {
          source: './Vendor/MSFT/X',
          meta: { type: 'com.microsoft:mdm.unenrollment.userrequest', format: 'int', mark: 'critical' },
          data: '1',
        },
      ],
    },
    {
      verb: 'Results',
      cmdId: '3',
      msgRef: '1',
      cmdRef: 'f5586490-4eed-4dae-aad6-b0e365db0617',
      cmd: 'Get',
      meta: { format: 'chr' },
      items: [
        { source: './DevDetail/SwV', data: '10.0.26200.9278' },
        { source: './A', data: '' },
      ],
    },
    {
      verb: 'Atomic',
      cmdId: '4',
      meta: { format: 'node' },
      commands: [
        { verb: 'Replace', cmdId: '5', items: [{ target: './W', data: '<wlan name="a&b">\r\n</wlan>' }] },
        { verb: 'Sequence', cmdId: '6', commands: [{ verb: 'Delete', cmdId: '7', items: [{ target: './D' }] }] },
      ],
    },
    { verb: 'Get', cmdId: '8', items: [{ target: './G' }, { target: './H' }] },
    { verb: 'Exec', cmdId: '9', meta: { type: 'text/plain' }, items: [{ target: './E', data: 'now' }] },
    { verb: 'Copy', cmdId: '10', items: [{ target: './C', source: './S' }] },
    {
      verb: 'Add',
      cmdId: '11',
      items: [{ target: './A', meta: { format: 'b64', size: 9000 }, data: 'AAAA', moreData: true }],
    },
    { verb: 'Unknown', name: 'Put', cmdId: '12' },
  ],
  isFinal: true,
};
