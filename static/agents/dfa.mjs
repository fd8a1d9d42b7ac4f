// SPDX-License-Identifier: Apache-2.0
/**
 * An automaton of nfa.mjs as one that is in one state at a time: a table with a row for each state
 * and a column for each class of bytes that all patterns treat alike.
 *
 * State 0 has found something and state 1 never will; both stay as they are. What a step asks of
 * the byte that comes next is known once it comes, so a row is made from what can be reached before
 * a letter, before another byte and before the end.
 */
import { ACCEPT, ASK } from "./nfa.mjs";
import { isWord } from "./pattern.mjs";

export const FOUND = 0;
export const NEVER = 1;
const MAX_STATES = 65535;
const AHEAD = { WORD: 0, OTHER: 1, END: 2 };

/** Bytes that are members of the same sets: class by byte, and a byte of each class. */
export function byteClasses(nfas) {
  const sets = new Set([Uint8Array.from({ length: 256 }, (_, byte) => (isWord(byte) ? 1 : 0))]);
  for (const { edges } of nfas) for (const { bytes } of edges.flat()) sets.add(bytes);
  const all = [...sets];
  const known = new Map();
  const of = new Uint8Array(256);
  const examples = [];
  for (let byte = 0; byte < 256; byte++) {
    const key = all.map((bytes) => bytes[byte]).join("");
    if (!known.has(key)) {
      known.set(key, examples.length);
      examples.push(byte);
    }
    of[byte] = known.get(key);
  }
  return { of, examples };
}

class Subsets {
  constructor(nfa, classes) {
    this.nfa = nfa;
    this.classes = classes;
    this.wordClass = classes.examples.map(isWord);
    this.edges = nfa.edges.map((edges) =>
      edges.map(({ bytes, to }) => ({
        to,
        columns: classes.examples.flatMap((byte, column) => (bytes[byte] ? [column] : [])),
      })),
    );
    this.known = new Map();
    this.pending = [];
    this.rows = [];
    this.ends = [];
    this.mark = new Uint32Array(nfa.edges.length);
    this.round = 0;
  }

  /** Number of the state that is in `core` (sorted), with what the byte before was. */
  number(core, afterWord, atStart) {
    if (core.length === 0 && this.nfa.floating.length === 0) return NEVER;
    const key = `${afterWord ? "w" : "o"}${atStart ? "s" : ""}${core.join()}`;
    let number = this.known.get(key);
    if (number === undefined) {
      number = this.known.size + 2;
      if (number > MAX_STATES) throw new Error(`more than ${MAX_STATES} states`);
      this.known.set(key, number);
      this.pending.push({ number, core, afterWord, atStart });
    }
    return number;
  }

  holds(ask, { afterWord, atStart }, ahead, shown) {
    switch (ask) {
      case ASK.BEGIN:
        return atStart;
      case ASK.END:
        return ahead === AHEAD.END;
      case ASK.BOUNDARY:
        return afterWord !== (ahead === AHEAD.WORD);
      case ASK.INSIDE:
        return afterWord === (ahead === AHEAD.WORD);
      default:
        return !shown.has(ask - ASK.BEHIND);
    }
  }

  /** All that can be reached before the next byte. What watchers show asks for nothing, so it is
   * known before the first question. */
  reach(state, ahead) {
    const list = [...state.core];
    const shown = new Set();
    const questions = [];
    const round = ++this.round;
    const add = (to) => {
      if (this.mark[to] === round) return;
      this.mark[to] = round;
      list.push(to);
    };
    for (const to of list) this.mark[to] = round;
    this.nfa.floating.forEach(add);
    let at = 0;
    const follow = () => {
      for (; at < list.length; at++) {
        const watcher = this.nfa.watches.get(list[at]);
        if (watcher !== undefined) shown.add(watcher);
        for (const step of this.nfa.steps[list[at]]) {
          if (step.ask === ASK.NOTHING) add(step.to);
          else questions.push(step);
        }
      }
    };
    follow();
    for (const { to, ask } of questions) {
      if (this.holds(ask, state, ahead, shown)) add(to);
      follow();
    }
    return { list, found: this.mark[ACCEPT] === round };
  }

  row(state) {
    const row = new Uint16Array(this.classes.examples.length);
    for (const ahead of [AHEAD.WORD, AHEAD.OTHER]) {
      const reached = this.reach(state, ahead);
      const targets = this.wordClass.map(() => []);
      for (const from of reached.list) {
        for (const { columns, to } of this.edges[from]) {
          for (const column of columns) targets[column].push(to);
        }
      }
      this.wordClass.forEach((word, column) => {
        if (word !== (ahead === AHEAD.WORD)) return;
        const core = [...new Set(targets[column])].sort((a, b) => a - b);
        row[column] = reached.found ? FOUND : this.number(core, word, false);
      });
    }
    return row;
  }

  run() {
    const start = this.number([...this.nfa.anchored].sort((a, b) => a - b), false, true);
    const stay = (number) => new Uint16Array(this.classes.examples.length).fill(number);
    this.rows.push(stay(FOUND), stay(NEVER));
    this.ends.push(1, 0);
    for (const state of this.pending) {
      this.rows.push(this.row(state));
      this.ends.push(this.reach(state, AHEAD.END).found ? 1 : 0);
    }
    return { rows: this.rows, ends: this.ends, start };
  }
}

/** The same with as few states as there can be: those that no text tells apart are one. */
function minimise({ rows, ends, start }) {
  let group = Uint16Array.from(ends, (end, state) => (state === FOUND ? 0 : 1 + end));
  const kind = new Uint16Array(rows[0].length + 1); // groups of a state and of where it leads
  const bytes = Buffer.from(kind.buffer);
  for (let count = 0; ; ) {
    const known = new Map();
    const refined = new Uint16Array(rows.length);
    rows.forEach((row, state) => {
      kind[0] = group[state];
      for (let column = 0; column < row.length; column++) kind[column + 1] = group[row[column]];
      const key = bytes.toString("latin1");
      if (!known.has(key)) known.set(key, known.size);
      refined[state] = known.get(key);
    });
    group = refined;
    if (known.size === count) break;
    count = known.size;
  }
  const first = new Map();
  group.forEach((number, state) => first.has(number) || first.set(number, state));
  const states = [...first.values()];
  return {
    rows: states.map((state) => rows[state].map((to) => group[to])),
    ends: states.map((state) => ends[state]),
    start: group[start],
  };
}

export function determinise(nfa, classes) {
  return minimise(new Subsets(nfa, classes).run());
}

/** Whether the automaton finds anything in the text: for the proof of it where it is made. */
export function finds({ rows, ends, start }, classes, text) {
  let state = start;
  for (const byte of Buffer.from(text)) state = rows[state][classes.of[byte]];
  return state === FOUND || ends[state] === 1;
}
