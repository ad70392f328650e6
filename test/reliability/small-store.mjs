// node small-store.mjs FOLDER HOW: keeps one number in a file, sent to it over TCP line by line, and answers each line once it is
// kept; or, HOW says which, does it wrong. For the test of the instrument that is to find that out.
import {
  closeSync,
  copyFileSync,
  fdatasyncSync,
  fsyncSync,
  openSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

const [folder, how] = process.argv.slice(2);
const path = join(folder, 'number');

function syncFolder() {
  const file = openSync(folder, 'r');
  fsyncSync(file);
  closeSync(file);
}

function beside(number, { isSynced = true, isFolderSynced = true } = {}) {
  const draft = `${path}.new`;
  const file = openSync(draft, 'w');
  writeSync(file, number);
  if (isSynced) fsyncSync(file);
  closeSync(file);
  renameSync(draft, path);
  if (isFolderSynced) syncFolder();
}

const appended = how === 'appends' || how === 'appends unsynced' ? openSync(path, 'a') : undefined;
const ways = {
  renames: (number) => beside(number),
  'renames what was never synced': (number) => beside(number, { isSynced: false }),
  'renames without a sync of the folder': (number) => beside(number, { isFolderSynced: false }),
  appends(number) {
    writeSync(appended, `${number}\n`);
    fdatasyncSync(appended);
  },
  'appends unsynced': (number) => writeSync(appended, `${number}\n`),
  copies(number) {
    writeFileSync(`${path}.new`, number);
    copyFileSync(`${path}.new`, path);
    const file = openSync(path, 'r+');
    fsyncSync(file);
    closeSync(file);
  },
};

if (appended !== undefined) syncFolder();
const server = createServer((socket) => {
  socket.setEncoding('utf8').on('data', (line) => {
    const number = line.trim();
    const answer = () => socket.write(`kept ${number}`.padEnd(80));
    if (how === 'answers early') {
      answer();
      beside(number);
    } else {
      ways[how](number);
      answer();
    }
  });
  socket.on('end', () => server.close());
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
