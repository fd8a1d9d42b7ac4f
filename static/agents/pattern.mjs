// SPDX-License-Identifier: Apache-2.0
/**
 * Regular expressions, as far as lists of agents use them, as trees. What a tree cannot say is an
 * error that names it: a list whose new version needs more is not compiled in half.
 *
 * A node is one of:
 *   {kind: "set", bytes}            one byte of 256 flags
 *   {kind: "cat" | "alt", parts}    one after the other; any of them
 *   {kind: "repeat", part, min, max}
 *   {kind: "begin" | "end" | "boundary" | "inside"}
 *   {kind: "not-behind" | "not-ahead", part}
 *
 * Texts are bytes, and what is not ASCII is one byte after the other: agents hold hardly any.
 */

const BYTES = 256;

const setOf = (test) => Uint8Array.from({ length: BYTES }, (_, byte) => (test(byte) ? 1 : 0));
const isDigit = (byte) => byte >= 48 && byte <= 57;
const isLetter = (byte) => (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122);
export const isWord = (byte) => isDigit(byte) || isLetter(byte) || byte === 95;
const isSpace = (byte) => (byte >= 9 && byte <= 13) || byte === 32;
const isNewline = (byte) => byte === 10 || byte === 13;

const NAMED = {
  d: setOf(isDigit),
  D: setOf((byte) => !isDigit(byte)),
  w: setOf(isWord),
  W: setOf((byte) => !isWord(byte)),
  s: setOf(isSpace),
  S: setOf((byte) => !isSpace(byte)),
};
const CONTROL = { t: 9, n: 10, v: 11, f: 12, r: 13 };

class Parser {
  constructor(source, ignoreCase) {
    this.source = source;
    this.at = 0;
    this.ignoreCase = ignoreCase;
  }

  fail(what) {
    throw new Error(`/${this.source}/ at ${this.at}: ${what}`);
  }

  peek(text) {
    return this.source.startsWith(text, this.at);
  }

  take(text) {
    if (!this.peek(text)) return false;
    this.at += text.length;
    return true;
  }

  next() {
    if (this.at === this.source.length) this.fail("it ends too early");
    return this.source[this.at++];
  }

  fold(bytes) {
    if (!this.ignoreCase) return bytes;
    return setOf((byte) => bytes[byte] || (isLetter(byte) && bytes[byte ^ 32]));
  }

  byte(letter) {
    const code = letter.codePointAt(0);
    if (code > 127) this.fail("only ASCII can be compiled");
    return code;
  }

  alternatives() {
    const parts = [this.sequence()];
    while (this.take("|")) parts.push(this.sequence());
    return parts.length === 1 ? parts[0] : { kind: "alt", parts };
  }

  sequence() {
    const parts = [];
    while (this.at < this.source.length && !this.peek("|") && !this.peek(")")) {
      parts.push(this.repeated(this.piece()));
    }
    return { kind: "cat", parts };
  }

  repeated(part) {
    const counted = /^\{(\d+)(,?)(\d*)\}/.exec(this.source.slice(this.at));
    let bounds;
    if (this.take("*")) bounds = [0, Infinity];
    else if (this.take("+")) bounds = [1, Infinity];
    else if (this.take("?")) bounds = [0, 1];
    else if (counted) {
      const min = Number(counted[1]);
      this.at += counted[0].length;
      bounds = [min, counted[3] ? Number(counted[3]) : counted[2] ? Infinity : min];
    } else return part;
    // Whether something is found does not depend on how much of it is taken first.
    this.take("?");
    return { kind: "repeat", part, min: bounds[0], max: bounds[1] };
  }

  group(node) {
    if (!this.take(")")) this.fail("a group is not closed");
    return node;
  }

  piece() {
    if (this.take("(?:")) return this.group(this.alternatives());
    if (this.take("(?<!")) return this.group({ kind: "not-behind", part: this.alternatives() });
    if (this.take("(?!")) return this.group({ kind: "not-ahead", part: this.alternatives() });
    if (this.peek("(?")) this.fail("this kind of group cannot be compiled");
    if (this.take("(")) return this.group(this.alternatives());
    if (this.take("^")) return { kind: "begin" };
    if (this.take("$")) return { kind: "end" };
    if (this.take("[")) return { kind: "set", bytes: this.fold(this.members()) };
    if (this.take(".")) return { kind: "set", bytes: setOf((byte) => !isNewline(byte)) };
    if (this.take("\\")) return this.escape();
    const letter = this.next();
    if ("*+?)".includes(letter)) this.fail(`'${letter}' has nothing before it`);
    const byte = this.byte(letter);
    return { kind: "set", bytes: this.fold(setOf((other) => other === byte)) };
  }

  escape() {
    const letter = this.next();
    if (letter === "b") return { kind: "boundary" };
    if (letter === "B") return { kind: "inside" };
    if (NAMED[letter]) return { kind: "set", bytes: NAMED[letter] };
    const byte = this.escapedByte(letter);
    return { kind: "set", bytes: this.fold(setOf((other) => other === byte)) };
  }

  escapedByte(letter) {
    if (letter in CONTROL) return CONTROL[letter];
    if (/[0-9A-Za-z]/.test(letter)) this.fail(`'\\${letter}' cannot be compiled`);
    return this.byte(letter);
  }

  /** What stands between brackets; `from` is a byte, or a named set that begins no range. */
  members() {
    const negated = this.take("^");
    const bytes = new Uint8Array(BYTES);
    while (!this.take("]")) {
      const from = this.member();
      if (from instanceof Uint8Array) {
        from.forEach((flag, byte) => (bytes[byte] |= flag));
        continue;
      }
      const ranged = this.peek("-") && this.source[this.at + 1] !== "]";
      const to = ranged && this.take("-") ? this.member() : from;
      if (to instanceof Uint8Array || to < from) this.fail("a range ends before it begins");
      bytes.fill(1, from, to + 1);
    }
    return negated ? this.fold(bytes).map((flag) => 1 - flag) : bytes;
  }

  member() {
    const letter = this.next();
    if (letter !== "\\") return this.byte(letter);
    const escaped = this.next();
    return NAMED[escaped] ?? this.escapedByte(escaped);
  }
}

export function parsePattern(source, ignoreCase) {
  const parser = new Parser(source, ignoreCase);
  const tree = parser.alternatives();
  if (parser.at < source.length) parser.fail("a bracket too many");
  return tree;
}
