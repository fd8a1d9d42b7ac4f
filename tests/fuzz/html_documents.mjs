// SPDX-License-Identifier: Apache-2.0
// Generated HTML documents: seeds, mutated by rules that know markup, from a seeded generator, so
// that a document is named by its number alone. Documents are strings of bytes (Latin-1).

const NAMES = `
  a a a a area b i font span div p table tbody thead tfoot tr td th caption col colgroup ul ol
  li dl dt dd h1 h2 h6 form input button select option optgroup textarea title style script
  noscript noembed noframes iframe xmp plaintext svg math mi mo mtext annotation-xml
  foreignObject desc template frameset frame html head body base meta link img br hr pre listing
  object applet marquee center nobr ruby rb rt rtc rp menu section blockquote small strong em u
  s tt big code custom-tag o:p v:rect v:shape image keygen embed wbr param source track mglyph
  malignmark g path main details summary fieldset dialog address
`.trim().split(/\s+/);

const ATTRIBUTES = [
  'href="https://example.com/%"', "href='https://example.com/?a=1&b=%'",
  'href=https://example.com/%', 'href', 'href=', 'HREF = "https://example.com/%"',
  'href="a" href="https://example.com/%"', 'href="https://example.com/&copy=%&amp;x&lt"',
  'href="https://example.com/\n%"', 'href=""', 'class="x"', 'type=hidden', 'color=red',
  'size="2"', 'encoding="text/html"', 'data-notrack', 'xlink:href="https://example.com/x%"',
  'style="a>b"', "title='<a href=x>'", '/', '=', '"', "'", 'encoding="application/xhtml+xml"',
  'data-track="t"', 'x=`', 'type=HIDDEN type=text',
];

const PIECES = [
  '<!--', '-->', '--!>', '<!-->', '<!--->', '<!-- <a href=c> -->', '<![CDATA[', ']]>',
  '<!doctype html>', '<!', '<?', '</', '</>', '<', '>', '"', "'", '&', '\0', '\r', '\n', '\f',
  ' ', 'text', '&nbsp;', '<!--[if mso]><a href="https://example.com/o"><![endif]-->',
  '<!--[if !mso]><!-->', '<!--<![endif]-->', '<script><!--<script>', '</script>',
  '--></script>', '<script><!--', '<title>', '</title><a href=t>', '<textarea>', '</textarea>',
  '<style>', '</style >', '<xmp>', '</xmp/>', '<iframe>', '</iframe>', '<svg><title>',
  '<svg><![CDATA[<a href=x>]]>', '<svg><desc><a href=d>', '<svg/>', '</svg>', '<math>',
  '<svg><style><a href=s></style>', '<svg><script><a href=s></script>',
  '<math><mi><a href=m></mi>', '<math><annotation-xml encoding="text/html"><a href=m>',
  '<math><annotation-xml><svg><a href=n>', '<svg><foreignObject><a href=f>',
  '<select><option><a href=s>', '</select>', '<select><textarea>',
  '<table><tr><td><select><tr><a href=r>', '<template><a href=u>', '</template>',
  '<template><col><a href=v>', '<template><tr><a href=w>', '<frameset><frame>', '</frameset>',
  '<noframes><a href=q></noframes>', '<head><noscript><a href=h></noscript>', '<b><p></b>',
  '<a href=1><a href=2>', '<a href=1><div></a>', '<b x=%><b y=%><p>', '<table><a href=3>',
  '<table><b>t<tr>', '</p>', '</br>', '</body>', '</html>', '<p><table>', '<form><div></form>',
  '<button><button>', '<li><li><dd>', '<object><b>', '</object>', '<h1><h2></h3>',
  '<nobr><nobr>', '<col><a href=4>', '<colgroup>', '<caption><a href=5>',
];

// A small generator with a 32-bit state (mulberry32), so that runs are the same everywhere.
export function generator(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return (x ^ (x >>> 14)) >>> 0;
  };
  const below = (limit) => next() % Math.max(1, limit);
  return { below, pick: (list) => list[below(list.length)] };
}

function tag(random) {
  const name = random.pick(NAMES);
  const shown = random.below(8) === 0 ? name.toUpperCase() : name;
  if (random.below(3) === 0) return `</${shown}>`;
  let text = `<${shown}`;
  for (let count = random.below(4); count > 0; count--) text += ' ' + random.pick(ATTRIBUTES);
  return text.replaceAll('%', random.below(1000)) + (random.below(10) === 0 ? '/>' : '>');
}

// A place to cut or insert: anywhere, or (usually) where a tag begins.
function place(text, random) {
  const at = random.below(text.length + 1);
  if (random.below(4) === 0) return at;
  const next = text.indexOf('<', at);
  return next < 0 ? at : next;
}

function range(text, random, longest) {
  const from = place(text, random);
  return [from, Math.min(text.length, from + 1 + random.below(longest))];
}

const MUTATIONS = [
  (text, random) => {
    const at = place(text, random);
    return text.slice(0, at) + tag(random) + text.slice(at);
  },
  (text, random) => {
    const at = place(text, random);
    const piece = random.pick(PIECES).replaceAll('%', random.below(9));
    return text.slice(0, at) + piece + text.slice(at);
  },
  (text, random) => {
    const [from, to] = range(text, random, 400);
    return text.slice(0, from) + text.slice(to);
  },
  (text, random) => {
    const [from, to] = range(text, random, 1500);
    const at = place(text, random);
    return text.slice(0, at) + text.slice(from, to) + text.slice(at);
  },
  (text, random) => {
    const [from, to] = range(text, random, 12);
    return text.slice(0, from) + text.slice(to);
  },
  (text, random) => {
    const at = random.below(text.length + 1);
    return text.slice(0, at) + random.pick([...'<>"\'=/&!-\0 \n']) + text.slice(at);
  },
  (text, random, other) => {
    const [from, to] = range(other, random, 3000);
    const at = place(text, random);
    return text.slice(0, at) + other.slice(from, to) + text.slice(at);
  },
  (text, random) => (random.below(4) === 0 ? text.slice(0, place(text, random)) : text),
];

// Document number @number made of @seeds: one in eight is all made up of tags and pieces.
export function document(number, seeds) {
  const random = generator(number * 2654435761);
  if (number % 8 === 0) {
    let text = random.below(2) ? '<!DOCTYPE html>' : '';
    for (let count = 5 + random.below(60); count > 0; count--)
      text += random.below(3) ? tag(random) : random.pick(PIECES).replaceAll('%', random.below(9));
    return text;
  }
  let text = random.pick(seeds);
  for (let count = random.below(12); count > 0; count--)
    text = random.pick(MUTATIONS)(text, random, random.pick(seeds));
  return text;
}
