// Bundles plot.mjs into the resources of the program, with the licenses of all that is in it.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const RESOURCES = '../../src/core/src/main/resources/io/github/swscan/report/html/';

process.chdir(fileURLToPath(new URL('.', import.meta.url)));
const result = await build({
  entryPoints: ['plot.mjs'],
  bundle: true,
  minify: true,
  format: 'iife',
  globalName: 'Plot',
  target: 'es2022',
  charset: 'ascii',
  legalComments: 'none',
  metafile: true,
  write: false,
});

const output = Object.values(result.metafile.outputs)[0];
const packages = new Set(
  Object.entries(output.inputs)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([file]) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1])
    .filter(Boolean),
);

const licenses = new Map();
for (const name of [...packages].sort()) {
  const folder = `node_modules/${name}/`;
  const { version } = JSON.parse(readFileSync(folder + 'package.json'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = readFileSync(folder + file, 'utf8').trim().replaceAll('\r', '').replaceAll('*/', '* /');
  licenses.set(text, [...(licenses.get(text) ?? []), `${name} ${version}`]);
}
const notices = [...licenses].map(([text, names]) => `${names.join(', ')}:\n\n${text}\n`).join('\n');
const bundle = `/*\nMade by scripts/charts of\n\n${notices}*/\n${result.outputFiles[0].text}`;
if (/<\/script|<!--/i.test(bundle)) {
  throw new Error('holds what would end a script element');
}
writeFileSync(RESOURCES + 'plot.js', bundle);
console.log(`${[...packages].sort().join(', ')}\n${bundle.length} bytes, SHA-256 ${createHash('sha256').update(bundle).digest('hex')}`);
