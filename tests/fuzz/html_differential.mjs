// SPDX-License-Identifier: Apache-2.0
// Our link finder against parse5 over generated documents: the same href attributes of <a> and
// <area>, at the same bytes, with the same values.
//
//   node html_differential.mjs FINDER COUNT FIRST FOLDER...
//
// FINDER is the program of html_links_lines.c; documents FIRST to FIRST + COUNT are made from the
// files of the folders. Both read bytes as Latin-1, in which an offset is the same for either.
//
// Where they differ on purpose, a document is counted and not judged:
// - a CDATA section right inside an SVG or MathML integration point: the standard has it, parse5
//   takes it for a comment;
// - a link that a frameset took away with the body and that white space after </html> brings back
//   as a copy, since it was still formatting;
// - more open elements than our stack holds, where we do as browsers do and nest no deeper.
// Two more differences are judged by a parse5 that is corrected to the standard, see Corrected.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Parser, html } from 'parse5';
import { document } from './html_documents.mjs';

const BATCH = 100;
const DEPTH = 500;
const EMPTY_HREF = /^href\s*=?\s*["']?$/i;

// parse5 where it departs from the standard: its table scope goes through <template>, and in a row
// an end tag of a row group that is not open closes the row. Either shows only when a link follows
// in foreign content or a template that was left open.
class Corrected extends Parser {
  constructor(...options) {
    super(...options);
    const { TR, TBODY, TFOOT, THEAD, TABLE, TEMPLATE, HTML } = html.TAG_ID;
    const inScope = (wanted) => {
      for (let i = this.openElements.stackTop; i >= 0; i--) {
        const element = this.openElements.items[i];
        if (!element || element.namespaceURI !== html.NS.HTML) continue;
        const tag = html.getTagID(element.tagName);
        if (wanted.includes(tag)) return true;
        if ([TABLE, TEMPLATE, HTML].includes(tag)) return false;
      }
      return false;
    };
    this.openElements.hasInTableScope = (tag) => {
      const group = tag === TR && [TBODY, TFOOT, THEAD].includes(this.endTag);
      return inScope([tag]) && (!group || inScope([this.endTag]));
    };
    this.openElements.hasTableBodyContextInTableScope = () => inScope([TBODY, TFOOT, THEAD]);
  }

  onEndTag(token) {
    this.endTag = token.tagID;
    super.onEndTag(token);
    this.endTag = undefined;
  }
}

// [{start, end, value, source}] in order, and why the document cannot be compared, if so.
function expected(text, parser) {
  const found = new Map();
  let unlike = null;
  const visit = (node, depth, frameset) => {
    if (depth > DEPTH) unlike = 'deep';
    const location = node.sourceCodeLocation?.attrs?.href;
    if ((node.tagName === 'a' || node.tagName === 'area') && location) {
      const href = node.attrs.find((attribute) => attribute.name === 'href' && !attribute.prefix);
      found.set(location.startOffset, {
        start: location.startOffset, end: location.endOffset, value: href.value,
        source: text.slice(location.startOffset, location.endOffset),
      });
    }
    if (node.nodeName === '#comment' && node.data.startsWith('[CDATA[')) {
      const parent = node.parentNode;
      if (parent?.namespaceURI && !parent.namespaceURI.endsWith('xhtml')) unlike = 'cdata';
    }
    const taken = node.childNodes?.some((child) => child.tagName === 'frameset');
    const inside = frameset || (depth === 1 && taken);
    if (inside && node.tagName === 'a' && depth > 1) unlike = 'frameset';
    for (const child of node.childNodes ?? [])
      visit(child, depth + 1, inside && child.tagName !== 'head');
    if (node.content) visit(node.content, depth + 1, inside);
  };
  visit(parser.parse(text, { sourceCodeLocationInfo: true, scriptingEnabled: false }), 0, false);
  return { links: [...found.values()].sort((a, b) => a.start - b.start), unlike };
}

// What parse5's value is in the finder's bytes: Latin-1 as written, references in UTF-8.
function sameValue(link, ours) {
  if (!/[\x80-\xff]/.test(link.source)) return Buffer.from(link.value).equals(ours);
  return /[&\0]/.test(link.source) || Buffer.from(link.value, 'latin1').equals(ours);
}

function difference(text, theirs, ours) {
  for (let i = 0; i < Math.max(theirs.length, ours.length); i++) {
    const [a, b] = [theirs[i], ours[i]];
    if (!b) return `missing ${a.source} at ${a.start}`;
    if (a?.value === '' && b[0] === b[1] && EMPTY_HREF.test(text.slice(a.start, b[0]))) continue;
    if (!a || b[0] < a.start || b[1] > a.end) {
      const missing = a ? `missing ${a.source} at ${a.start}, or ` : '';
      return `${missing}extra ${text.slice(b[0], b[1])} at ${b[0]}`;
    }
    const close = text.slice(b[1], a.end);
    if (close !== '' && close !== '"' && close !== "'")
      return `value of ${a.source} at ${a.start} ends at ${b[1]}`;
    if (!sameValue(a, Buffer.from(b[5], 'latin1')))
      return `value of ${a.source} at ${a.start}: ${JSON.stringify(b[5])}`;
  }
  return null;
}

function run(finder, texts) {
  const input = texts.map((text) => Buffer.from(`${text.length}\n${text}`, 'latin1'));
  const result = spawnSync(finder, { input: Buffer.concat(input), maxBuffer: 1 << 30 });
  if (result.status !== 0) throw new Error(`${finder} failed: ${result.stderr}`);
  const lines = result.stdout.toString('latin1').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line));
}

function seedsOf(folders) {
  const filesOf = (folder) => fs.readdirSync(folder).sort().map((name) => path.join(folder, name));
  return folders.flatMap(filesOf).map((file) => fs.readFileSync(file).toString('latin1'));
}

const [finder, countText, firstText, ...folders] = process.argv.slice(2);
const [count, first] = [Number(countText), Number(firstText)];
const seeds = seedsOf(folders);
const keep = process.env.WAYMARK_KEEP; // a folder for the documents that differ
const totals = {
  documents: 0, links: 0, deep: 0, cdata: 0, frameset: 0, corrected: 0, different: 0,
};

for (let start = first; start < first + count; start += BATCH) {
  const length = Math.min(BATCH, first + count - start);
  const numbers = Array.from({ length }, (_, i) => start + i);
  const texts = numbers.map((number) => document(number, seeds));
  run(finder, texts).forEach((links, i) => {
    const theirs = expected(texts[i], Parser);
    totals.documents++;
    if (theirs.unlike) {
      totals[theirs.unlike]++;
      return;
    }
    totals.links += theirs.links.length;
    const ours = links.filter((link) => link[2] === 0);
    const problem = difference(texts[i], theirs.links, ours);
    if (!problem) return;
    const corrected = expected(texts[i], Corrected);
    if (corrected.unlike || !difference(texts[i], corrected.links, ours)) {
      totals[corrected.unlike ?? 'corrected']++;
      return;
    }
    if (totals.different++ < 5) console.log(`document ${numbers[i]}: ${problem}`);
    if (keep) fs.writeFileSync(path.join(keep, `${numbers[i]}.html`), texts[i], 'latin1');
  });
}
console.log(JSON.stringify(totals));
const excused = totals.deep + totals.cdata + totals.frameset + totals.corrected;
const agreed = totals.different === 0 && totals.links > 0 && excused * 200 <= totals.documents;
process.exit(agreed ? 0 : 1);
