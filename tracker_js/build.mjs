/**
 * Builds the tracker into the collector's static files, where it is committed: who runs the collector needs no Node.
 * `node build.mjs [directory]` builds elsewhere, to compare. Fails above the budget.
 */
import { build } from "esbuild";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = fileURLToPath(new URL(".", import.meta.url));
const target = process.argv[2] ?? join(here, "../producers/collector/static");
const { version } = JSON.parse(await readFile(join(here, "package.json"), "utf8"));
const budget = JSON.parse(await readFile(join(here, "budget.json"), "utf8"));

await mkdir(target, { recursive: true });
const script = join(target, "leadstream.js");
const analytics = join(target, "analytics.js");
await build({
  absWorkingDir: here,
  entryPoints: { leadstream: "src/index.js", analytics: "src/analytics.js" },
  outdir: target,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2020",
  charset: "utf8",
  legalComments: "none",
  banner: { js: `/*! leadstream-js ${version} */` },
  define: { VERSION: JSON.stringify(version) },
  logLevel: "warning",
});
const snippet = join(target, "snippet.html");
await writeFile(snippet, await readFile(join(here, "src/snippet.html")));

const sizes = [
  ["leadstream.js", gzipSync(await readFile(script), { level: 9 }).length, budget["leadstream.js"].gzip_bytes, "bytes gzipped"],
  ["analytics.js", gzipSync(await readFile(analytics), { level: 9 }).length, budget["analytics.js"].gzip_bytes, "bytes gzipped"],
  ["snippet.html", (await stat(snippet)).size, budget["snippet.html"].bytes, "bytes"],
];
for (const [name, bytes, allowed, unit] of sizes) {
  console.log(`${name} ${bytes} ${unit} (budget ${allowed})`);
  if (bytes > allowed) process.exitCode = 1;
}
