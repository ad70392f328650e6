// What could not be stored is refused when it is said again, too: memory knows it already, the disk does not.
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../base/clock.js';
import { temporaryFolder } from '../support/programs.js';
import { askScep, enrolledClient, fetchChallenge, openStub, user1 } from './ios/stub.js';

const turn = () => new Promise(setImmediate);

/** A stub whose disk takes nothing while its store is away. */
async function bench() {
  const dataFolder = temporaryFolder();
  const path = join(dataFolder, 'tenant.journal');
  const networkClock = manualClock();
  const stub = await openStub({ dataFolder, networkClock });
  const client = await enrolledClient(stub);
  const { challenge } = await fetchChallenge(stub, user1);
  const health = async () => (await stub.send('/healthz')).status;
  return {
    stub,
    client,
    challenge,
    breakDisk: () => renameSync(path, `${path}.away`),
    async mendDisk() {
      renameSync(`${path}.away`, path);
      await networkClock.advance(1000); // the tenant's clock stands still
      while ((await health()) !== 200) await turn();
    },
    async restart() {
      await stub.authority.close();
      return openStub({ dataFolder, clock: stub.clock });
    },
  };
}

describe('on a disk that fails, and does not say so until it is written to', () => {
  it('a device that leaves, and says so again, is refused until that is stored', async () => {
    const { client, breakDisk, mendDisk, restart } = await bench();
    breakDisk();
    expect((await client.checkOut()).status).toBe(503);
    expect((await client.checkOut()).status).toBe(503);
    await mendDisk();
    expect((await client.checkOut()).status).toBe(200);
    const after = await restart();
    expect(after.authority.tenant.device(client.udid)).toBeUndefined();
  });

  it('a result that is sent again is refused until it is stored', async () => {
    const { stub, client, breakDisk, mendDisk, restart } = await bench();
    const { id } = stub.authority.tenant.queue(client.udid, { kind: 'lock' });
    expect((await client.connect()).command?.CommandUUID).toBe(id);
    breakDisk();
    const answer = () => client.connect({ status: 'Acknowledged', commandUuid: id });
    expect((await answer()).reply.status).toBe(503);
    expect((await answer()).reply.status).toBe(503);
    expect((await client.connect()).reply.status).toBe(200); // changes nothing
    await mendDisk();
    expect((await answer()).reply.status).toBe(200);
    const after = await restart();
    expect(after.authority.tenant.commands(client.udid).find((each) => each.id === id)?.status).toBe('done');
  });

  it('a request for a certificate that is repeated gets none until it is stored', async () => {
    const { challenge, stub, breakDisk, mendDisk, restart } = await bench();
    breakDisk();
    const first = await askScep(stub, { challenge });
    expect([first.reply.status, (await first.send()).reply.status]).toEqual([503, 503]);
    await mendDisk();
    expect((await first.send()).answer?.pkiStatus).toBe('success');
    const after = await restart();
    expect(after.authority.counters.certificates).toBe(stub.authority.counters.certificates);
  });
});
