// SPDX-License-Identifier: Apache-2.0
// url_classify() against the URL parser of Node, on generated and mutated URLs: the same are
// followed, and what is written differently is written as Node writes it. Left out and counted:
// international host names that one side refuses, because both carry their own Unicode version and
// libidn2 follows IDNA 2008 in places (such a link is left alone, never bent); and paths where Node
// 20 leaves dot segments, as after a name that begins with a dot. Chromium does not.
//
// usage: node url_differential.mjs PROBE [SEED]; sizes in tests/sizes.json
import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const source = process.env.WAYMARK_SOURCE || '.';
const sizes = JSON.parse(fs.readFileSync(path.join(source, 'tests/sizes.json')));
const count = sizes.url_differential[process.env.WAYMARK_TEST_SIZE || 'small'];
const seed = Number(process.argv[3] || 20261121);
let state = seed >>> 0;

function random(limit) { // mulberry32
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % limit;
}
const pick = (list) => list[random(list.length)];
const maybe = (one_in, make) => (random(one_in) === 0 ? make() : '');
function repeat(most, make) {
  let text = '';
  for (let n = random(most + 1); n > 0; n--) text += make();
  return text;
}

const ascii = () => String.fromCharCode(0x21 + random(0x5e));
const control = () => String.fromCharCode(random(0x21));
const beyond = () => pick(['é', 'ß', 'あ', '漢', '😀', '\u200b', '\u00ad', '。', 'א', '\ufeff',
  '\ufffd', String.fromCodePoint(0x80 + random(0x2000))]);
const letter = () => 'abcdefghijklmnopqrstuvwxyz0123456789'[random(36)];
const any = () => pick([ascii, ascii, ascii, letter, letter, letter, control, beyond])();
const calm = () => pick([letter, letter, letter, letter, ascii])();

const number = () => pick([
  () => String(random(300)), () => '0x' + random(300).toString(16),
  () => '0' + random(300).toString(8),
  () => String(random(2 ** 31) * 4), () => '0x', () => '', () => '08',
  () => '0X' + 'fF'.repeat(random(6)),
])();
const group = () => random(0x10000).toString(16).slice(random(3));
const ipv6 = () => '[' + pick([
  () => repeat(8, () => group() + pick([':', ':', ':', '::'])) + group(),
  () => '::' + group(), () => '::', () => repeat(6, () => group() + ':') + '1.2.3.' + number(),
  () => Array.from({length: 8}, () => pick(['0', '0', group()])).join(':'),
  () => Array.from({length: 6}, group).join(':') + ':' +
    pick(['1.2.3.4', '255.255.255.255', '01.2.3.4']),
])() + pick([']', ']', ']', ']', '']);
const label = () => pick([
  () => repeat(6, letter), () => repeat(4, calm), () => repeat(4, beyond), () => repeat(3, any),
  () => 'xn--' + repeat(5, letter), () => '%' + (0x30 + random(0x4a)).toString(16),
  () => pick(['xn--bcher-kva', 'xn--zca', 'xn--fa-hia', 'xn--ls8h', 'XN--ZCA']),
  () => pick(['com', 'Example', 'localhost', 'go', 'co', 'jp']),
])();
const host = () => pick([
  () => label() + '.' + label(), () => label() + '.' + label(), label, ipv6,
  () => repeat(4, () => number() + '.') + number(), () => repeat(5, () => label() + '.') + label(),
])() + maybe(12, () => '.');
const scheme = () => pick(['http', 'https', 'http', 'https', 'HTTP', 'hTTpS', 'ftp', 'mailto',
  'ht tp', 'javascript', '']);
const port = () => pick([() => String(random(70000)), () => '80', () => '443', () => '00080',
  () => '', () => repeat(3, any)])();
const segment = () => pick([
  () => repeat(8, letter), () => repeat(6, calm), () => repeat(4, any),
  () => pick(['.', '..', '%2e', '%2E.', '.%2e', '%2e%2E', '...', '%2e%2e%2e', '']),
])();
function generate() {
  return maybe(8, () => repeat(2, control)) + scheme() + pick([':', ':', ':', ':', '', ' :']) +
    pick(['//', '//', '//', '//', '/', '', '///', '\\\\', '\\', '/\\']) +
    maybe(4, () => repeat(4, any) + maybe(2, () => ':' + repeat(4, any)) + '@') + host() +
    maybe(4, () => ':' + port()) +
    repeat(4, () => pick(['/', '/', '/', '\\']) + segment()) +
    maybe(2, () => '?' + repeat(10, pick([calm, any]))) +
    maybe(3, () => '#' + repeat(8, pick([calm, any]))) + maybe(8, () => repeat(2, control));
}

function seeds() {
  const list = ['http://example.com/', 'https://user:pw@www.example.co.jp:8443/a/../b?c=d&e#f',
    'http://[::1]/', 'http://0x7f.1/', 'http:\\\\evil\\@ok/', 'https://faß.de/é?é#é'];
  const corpora = process.env.WAYMARK_CORPORA || path.join(source, '../shared/corpora');
  const file = path.join(corpora, 'urls.json');
  if (fs.existsSync(file)) list.push(...JSON.parse(fs.readFileSync(file)).map((row) => row.input));
  else if (process.env.WAYMARK_CORPORA_REQUIRED) throw new Error(`${file} is required`);
  else console.log(`left out: mutations of ${file}, which is not there`);
  return list;
}
const known = seeds();
function mutate() {
  let text = Array.from(pick(known));
  for (let n = 1 + random(4); n > 0; n--) {
    const at = random(text.length + 1);
    pick([
      () => text.splice(at, 1 + random(3)), () => text.splice(at, 0, any()),
      () => text.splice(at, 1, any()),
      () => text.splice(at, 0, ...text.slice(random(text.length + 1)).slice(0, random(12))),
      () => text.splice(at, 0, ...pick(['://', '//', '..', '/./', '%2e', '@', ':', '[', ']', '\\',
        '?', '#', '%', 'xn--', '\t'])),
      () => { text = [...text.slice(0, at), ...Array.from(pick(known)).slice(random(20))]; },
    ])();
  }
  return text.join('');
}

// "^" in paths is written "%5E" by the Standard since 2024 and by Chromium; older Node leaves it.
const caret_differs = !new URL('http://a/^').href.includes('%5E');
function href_of(url) {
  if (!caret_differs || !url.pathname.includes('^')) return url.href;
  const end = url.href.search(/[?#]/), head = end < 0 ? url.href : url.href.slice(0, end);
  return head.replaceAll('^', '%5E') + (end < 0 ? '' : url.href.slice(end));
}
function expected(text) {
  let url;
  try { url = new URL(text); } catch { return 'none'; }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'none';
  return /^https?:\/\/[\x21-\x7e]*$/i.test(text) ? 'exact' : 'serialised ' + href_of(url);
}
function is_international(text) {
  const host = text.replace(/[\t\r\n]/g, '').replace(/^[\x00-\x20]*https?:[\\/]*/i, '')
    .split(/[\\/?#]/)[0];
  return /[^\x00-\x7f]|%[89a-f]|xn--|%(58|78|6e|4e|2d)/i
    .test(host.slice(host.lastIndexOf('@') + 1));
}

// Through UTF-8, so that both sides see the same characters.
const inputs = Array.from({length: count},
  (_, i) => Buffer.from(i % 2 ? generate() : mutate()).toString());
const framed = Buffer.concat(inputs.flatMap((text) => {
  const bytes = Buffer.from(text), prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(bytes.length);
  return [prefix, bytes];
}));
const run = spawnSync(process.argv[2], {input: framed, maxBuffer: 1 << 30, encoding: 'utf8'});
if (run.status !== 0)
  throw new Error(`the probe ended with ${run.status ?? run.signal}: ${run.stderr}`);
const answers = run.stdout.split('\n').slice(0, -1);
if (answers.length !== count) throw new Error(`${count} inputs, ${answers.length} answers`);

const seen = {exact: 0, serialised: 0, none: 0}, left_out = {refused: 0, followed: 0, dots: 0};
let wrong = 0;
inputs.forEach((text, i) => {
  const want = expected(text), got = answers[i].startsWith('none ') ? 'none' : answers[i];
  seen[got.split(' ')[0]]++;
  if (want === got || (got === 'none' && Buffer.byteLength(text) > 8192)) return;
  if (is_international(text) && (want === 'none' || got === 'none')) {
    left_out[got === 'none' ? 'refused' : 'followed']++;
    return;
  }
  if (/^serialised [^?#]*\/\.\.?(?:[/?#]|$)/.test(want) && got.startsWith('serialised ')) {
    left_out.dots++;
    return;
  }
  if (wrong++ < 20)
    console.log(`${JSON.stringify(text)}\n  expected ${want}\n  got      ${answers[i]}`);
});
console.log(`seed ${seed}: ${count} URLs: ${seen.exact} exact, ${seen.serialised} serialised, ` +
  `${seen.none} refused; ${wrong} wrong; international hosts that only we refuse ` +
  `${left_out.refused}, that only we follow ${left_out.followed}; dot segments that Node leaves ` +
  `${left_out.dots}`);
if (seen.exact < count / 20 || seen.serialised < count / 20 || seen.none < count / 20)
  throw new Error('the generator is off: one class is hardly there');
if (left_out.refused + left_out.followed + left_out.dots > count / 20)
  throw new Error('too many are left out to be believed');
process.exit(wrong ? 1 : 0);
