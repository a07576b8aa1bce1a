/**
 * Fails when a relative link in a Markdown file leads nowhere: no such file or folder, or no such heading.
 *   node scripts/check-links.mjs
 */
import { readFile, readdir, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { Mend, isMain, main } from "./progress.mjs";
import { ROOT } from "./toolchain.mjs";

const SKIPPED = new Set(["node_modules", "target", "dist", "build", ".git", ".wrangler", ".quipu", "output"]);
const LINK = /\[(?:[^\]\\]|\\.)*\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)/g;
const REFERENCE = /^ {0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s+"[^"]*")?\s*$/gm;
const OTHER_SCHEME = /^(?:[a-z][a-z0-9+.-]*:|\/\/)/i;

async function* markdownBelow(directory) {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory() && !SKIPPED.has(entry.name)) yield* markdownBelow(path);
    else if (entry.isFile() && entry.name.endsWith(".md")) yield path;
  }
}

/** The text with the inside of code blanked, so that examples are not taken for links or headings; lines keep their numbers. */
function withoutCode(text) {
  const blank = (code) => code.replace(/[^\n]/g, " ");
  return text.replace(/^( {0,3})(`{3,}|~{3,})[\s\S]*?(?:^ {0,3}\2[`~]*\s*$|$(?![\s\S]))/gm, blank);
}
const withoutInlineCode = (text) => text.replace(/(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, (code) => code.replace(/[^\n]/g, " "));

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text) {
  const seen = new Map();
  const anchors = new Set();
  for (const [, title] of withoutCode(text).matchAll(/^ {0,3}#{1,6}\s+(.*?)\s*#*\s*$/gm)) {
    const plain = title.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[`*]/g, "");
    const slug = plain.toLowerCase().replace(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, "").replaceAll(" ", "-");
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  for (const [, id] of text.matchAll(/<a\s+(?:id|name)="([^"]+)"/g)) anchors.add(id);
  return anchors;
}

/** Why a link from `file` leads nowhere, or null. */
async function problemOf(target, file) {
  const [path, fragment] = decodeURI(target).split("#");
  const place = path === "" ? file : path.startsWith("/") ? join(ROOT, path) : join(dirname(file), path);
  if (relative(ROOT, place).startsWith("..")) return "leads out of the repository";
  const found = await stat(place).catch(() => null);
  if (!found) return "there is no such file";
  if (fragment && place.endsWith(".md") && !anchorsOf(await readFile(place, "utf8")).has(fragment)) return `there is no heading #${fragment}`;
  return null;
}

/** Checks every Markdown file of the repository. */
export async function checkLinks() {
  const broken = [];
  let files = 0;
  let links = 0;
  for await (const file of markdownBelow(ROOT)) {
    files += 1;
    const text = withoutInlineCode(withoutCode(await readFile(file, "utf8")));
    for (const match of [...text.matchAll(LINK), ...text.matchAll(REFERENCE)]) {
      const target = match[1];
      if (OTHER_SCHEME.test(target)) continue;
      links += 1;
      const problem = await problemOf(target, file);
      const line = text.slice(0, match.index).split("\n").length;
      if (problem) broken.push(`${relative(ROOT, file)}:${line}: ${target}: ${problem}`);
    }
  }
  // A check that finds nothing to check has checked nothing.
  if (files === 0 || links === 0) throw new Mend(`No links were found in ${files} Markdown files: is ${ROOT} the repository?`);
  if (broken.length > 0) throw new Mend(`Links that lead nowhere:\n${broken.map((line) => `  ${line}`).join("\n")}`);
  console.log(`  ${links} relative links in ${files} Markdown files lead somewhere.`);
}

if (isMain(import.meta.url)) await main(checkLinks);
