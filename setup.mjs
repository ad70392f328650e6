// Makes a fresh clone ready: installs the locked packages when they are missing or the lock file has changed, and
// compiles when a source is newer than dist/. Types are checked by `npm run typecheck` and not here, which halves the time
// of a build. Usage: node setup.mjs [build [--force]]. Needs Node and npm, nothing else.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const windows = process.platform === 'win32';
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

function stop(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

function run(label, command, args) {
  process.stderr.write(`rollcall: ${label} ...\n`);
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], shell: windows });
  if (error) stop(`rollcall: could not run ${command}: ${error.message}`);
  if (status !== 0) stop(`rollcall: "${command} ${args.join(' ')}" failed with exit code ${status}`);
}

function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return path.endsWith('.ts') || path.endsWith('.json') ? stat.mtimeMs : 0;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** Loaded when they are needed, from where they were installed: native parts, threads of their own, or code that a bundle does not bear. */
const apart = /^(?:node:|(?:pino|pino-pretty|fs-native-extensions|hdr-histogram-js|mqtt|aedes|node-forge)(?:\/|$))/;

/**
 * Puts what the command and the library are made of into a few files: to find and read six hundred took Node two thirds of a
 * start. The licences of the packages in them lie beside.
 */
async function bundle(dist) {
  const { rolldown } = await import('rolldown');
  const entries = {
    main: join(dist, 'main.js'),
    index: join(dist, 'index.js'),
    'tenant-thread': join(dist, 'server-stub', 'admin', 'tenant-thread.js'),
    engine: join(dist, 'fleet', 'coordinator', 'engine-process.js'),
  };
  const bundled = await rolldown({
    input: entries,
    platform: 'node',
    external: (id) => apart.test(id),
    onwarn: (warning) => stop(`rollcall: bundling: ${warning.message}`),
  });
  const { output } = await bundled.write({
    dir: dist,
    format: 'esm',
    sourcemap: true,
    chunkFileNames: 'chunks/[name]-[hash].js',
  });
  await bundled.close();
  const packages = new Set(
    output
      .flatMap(({ moduleIds = [] }) => moduleIds)
      .flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id.replaceAll('\\', '/')) ?? []),
  );
  const licences = [...packages].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim();
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  writeFileSync(join(dist, 'chunks', 'LICENCES.txt'), licences.join(`\n${'-'.repeat(72)}\n\n`));
}

if (major < 20 || (major === 20 && minor < 19))
  stop(`rollcall needs Node 20.19 or later; this is ${process.versions.node}`);

const lockHash = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
const installedMark = join(root, 'node_modules', '.rollcall-lock');
if (!existsSync(installedMark) || readFileSync(installedMark, 'utf8') !== lockHash) {
  run('installing packages (first time only)', 'npm', ['ci', '--include=dev', '--no-fund', '--no-audit']);
  writeFileSync(installedMark, lockHash);
}

if (process.argv.includes('build')) {
  const dist = join(root, 'dist');
  const sources = [
    'cli.ts',
    'main.ts',
    'index.ts',
    'base',
    'protocol',
    'agent',
    'server-stub',
    'fleet',
    'bench',
    'test/torture',
    'test/support/power-loss',
    'test/support/namespaces.ts',
    'tsconfig.json',
    'tsconfig.build.json',
  ];
  const builtMark = join(dist, '.built');
  const built = statSync(builtMark, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (process.argv.includes('--force') || built < Math.max(...sources.map((name) => newest(join(root, name))))) {
    rmSync(dist, { recursive: true, force: true });
    run('compiling', process.execPath, [
      join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
      '-p',
      'tsconfig.build.json',
    ]);
    chmodSync(join(dist, 'cli.js'), 0o755);
    await bundle(dist);
    writeFileSync(builtMark, '');
  }
}
