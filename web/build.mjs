// Builds templates/map.js and map.css from src/ and the pinned packages: `npm ci && npm run build`.
import { build } from "esbuild";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { BACKDROP } from "./backdrop.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const target = process.argv[2] ?? path.join(here, "../inducult_geo/publish/templates");
const vendor = path.join(here, "node_modules/maplibre-gl");
const { version } = JSON.parse(await readFile(path.join(vendor, "package.json"), "utf8"));

const HEADER = `/* The map of inducult-geo, Apache-2.0; built from web/, do not edit.
 * Holds MapLibre GL JS ${version}, BSD-3-Clause, (c) MapLibre contributors and Mapbox,
 * with the packages that it bundles; their licenses stand at the head of map.js. */
`;

const OURS = `/* The list, filters and cards of inducult-geo, Apache-2.0; built from web/, do not edit.
 * Land and borders: Natural Earth, public domain. */
`;

/** The license texts of MapLibre and everything that it bundles: who passes on a page passes them on, too. */
async function licenses() {
  const { packages } = JSON.parse(await readFile(path.join(here, "package-lock.json"), "utf8"));
  const names = Object.keys(packages).filter((name) => name && !packages[name].dev && !name.includes("@types/"));
  const texts = await Promise.all(names.sort().map(async (name) => {
    const folder = path.join(here, name);
    const file = (await readdir(folder)).filter((entry) => /^licen[cs]e/i.test(entry)).sort()[0];
    const text = file ? await readFile(path.join(folder, file), "utf8") : "";
    return `${name.replace("node_modules/", "")} ${packages[name].version}, ${packages[name].license ?? "license below"}\n\n${text.trim()}\n`;
  }));
  return `/*\n${texts.join(`\n${"-".repeat(72)}\n\n`)}*/\n`.replace(/\*\/(?!\n$)/g, "* /").replaceAll("\r", "");
}

async function bundle(entry) {
  const result = await build({
    entryPoints: [path.join(here, "src", entry)],
    absWorkingDir: here,
    bundle: true,
    minify: true,
    write: false,
    charset: "utf8",
    format: "iife",
    target: ["es2022"],
    legalComments: "none",
    define: { BACKDROP: JSON.stringify(BACKDROP) },
  });
  return result.outputFiles[0].text;
}

// MapLibre's own file goes in as it is: it starts its worker from its own text, which a bundler would break.
const library = (await readFile(path.join(vendor, "dist/maplibre-gl.js"), "utf8"))
  .replace(/\n?\/\/# sourceMappingURL=\S+\s*$/, "\n");
const scripts = { "map.js": HEADER + (await licenses()) + library, "tool.js": OURS + (await bundle("main.js")) };
for (const script of Object.values(scripts)) {
  if (/<\/script|<!--|<script/i.test(script)) throw new Error("the script cannot stand inside a page");
}

await mkdir(target, { recursive: true });
for (const [name, script] of Object.entries(scripts)) await writeFile(path.join(target, name), script);
await writeFile(path.join(target, "map.css"), HEADER + (await bundle("map.css")));
