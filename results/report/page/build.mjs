// node build.mjs FOLDER OUT: bundles the page in src/ into one HTML template, with the packages of FOLDER/node_modules.
import {mkdir, readFile, writeFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const [folder, out] = process.argv.slice(2).map((given) => path.resolve(given));
const source = path.join(path.dirname(fileURLToPath(import.meta.url)), 'src');
const packages = path.join(folder, 'node_modules');
const esbuild = createRequire(path.join(folder, 'package.json'))('esbuild');

const {outputFiles} = await esbuild.build({
  entryPoints: [path.join(source, 'main.tsx')],
  bundle: true,
  write: false,
  outdir: folder,
  minify: true,
  charset: 'utf8',
  target: 'es2020',
  format: 'iife',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  nodePaths: [packages],
  loader: {'.woff2': 'dataurl'},
  legalComments: 'none',
  tsconfigRaw: {},
});
const text = (end) => outputFiles.find((file) => file.path.endsWith(end)).text;
const template = await readFile(path.join(source, 'template.html'), 'utf8');
// Functions, not texts: a `$&` in the bundle is not an instruction to replace. What would end the element is escaped.
const page = template
  .replace('/*meshtwin:style*/', () => text('.css').replaceAll('</style', '<\\/style'))
  .replace('/*meshtwin:script*/', () => text('.js').replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--'));
await mkdir(path.dirname(out), {recursive: true});
await writeFile(out, page);
