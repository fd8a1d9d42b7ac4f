// SPDX-License-Identifier: Apache-2.0
/**
 * Trees of pattern.mjs as one automaton that may be in many states at once (Thompson's). An edge
 * takes a byte; a step takes none, and some only where what it asks for holds.
 *
 * "Not behind X" is asked of a watcher: a part of its own that begins anew at every byte and shows
 * wherever an X has just ended. "Not ahead Y" ends its pattern, so what remains is to read on until
 * no Y can come any more: the states of Y taken together, which fail where a Y is complete.
 */

export const ACCEPT = 0;
/** What a step asks for; a number from BEHIND on: no watcher of that number less BEHIND shows. */
export const ASK = { NOTHING: 0, BEGIN: 1, END: 2, BOUNDARY: 3, INSIDE: 4, BEHIND: 5 };

export class Nfa {
  constructor() {
    this.edges = [[]];
    this.steps = [[]];
    this.watches = new Map(); // state -> number of the watcher that shows there
    this.anchored = []; // states to begin in, at the first byte
    this.floating = []; // and at every byte
    this.children = new Map(); // of words: state and bytes -> the next state
  }

  state() {
    this.edges.push([]);
    this.steps.push([]);
    return this.edges.length - 1;
  }

  step(from, to, ask = ASK.NOTHING) {
    this.steps[from].push({ to, ask });
  }

  asking(ask, next) {
    const state = this.state();
    this.step(state, next, ask);
    return state;
  }

  /** A word to be found anywhere, as sets of bytes. What words have in common at their start they
   * share, so that a thousand of them begin in one state. */
  word(sets) {
    if (this.root === undefined) this.floating.push((this.root = this.state()));
    let at = this.root;
    for (const bytes of sets) {
      const key = `${at}:${Buffer.from(bytes).toString("latin1")}`;
      if (!this.children.has(key)) {
        const next = this.state();
        this.edges[at].push({ bytes, to: next });
        this.children.set(key, next);
      }
      at = this.children.get(key);
    }
    this.step(at, ACCEPT);
  }

  /** The state in which `node` begins, if `next` is where it ends. */
  build(node, next) {
    switch (node.kind) {
      case "set": {
        const state = this.state();
        this.edges[state].push({ bytes: node.bytes, to: next });
        return state;
      }
      case "cat":
        return node.parts.reduceRight((after, part) => this.build(part, after), next);
      case "alt": {
        const state = this.state();
        for (const part of node.parts) this.step(state, this.build(part, next));
        return state;
      }
      case "repeat":
        return this.repeat(node, next);
      case "begin":
        return this.asking(ASK.BEGIN, next);
      case "end":
        return this.asking(ASK.END, next);
      case "boundary":
        return this.asking(ASK.BOUNDARY, next);
      case "inside":
        return this.asking(ASK.INSIDE, next);
      case "not-behind":
        return this.asking(ASK.BEHIND + this.watch(node.part), next);
      case "not-ahead":
        if (next !== ACCEPT) throw new Error("what must not follow is not at the end");
        return this.notAhead(node.part);
      default:
        throw new Error(`there is no ${node.kind}`);
    }
  }

  repeat(node, next) {
    let after = next;
    if (node.max === Infinity) {
      after = this.state();
      this.step(after, this.build(node.part, after));
      this.step(after, next);
    } else {
      for (let i = node.min; i < node.max; i++) {
        const state = this.state();
        this.step(state, this.build(node.part, after));
        this.step(state, next);
        after = state;
      }
    }
    for (let i = 0; i < node.min; i++) after = this.build(node.part, after);
    return after;
  }

  watch(node) {
    const number = this.watches.size;
    const shows = this.state();
    this.watches.set(shows, number);
    this.floating.push(this.build(plain(node), shows));
    return number;
  }

  notAhead(node) {
    const inner = new Nfa();
    const start = inner.build(plain(node), ACCEPT);
    const known = new Map();
    const enter = (states) => {
      const all = inner.reach(states);
      const key = [...all].sort((a, b) => a - b).join();
      if (known.has(key)) return known.get(key);
      const state = this.state();
      known.set(key, state);
      if (all.has(ACCEPT)) return state; // nothing leads on: it has failed
      this.step(state, ACCEPT, ASK.END);
      for (const [targets, bytes] of inner.moves(all)) {
        this.edges[state].push({ bytes, to: targets.length ? enter(targets) : ACCEPT });
      }
      return state;
    };
    return enter([start]);
  }

  /** By steps that ask for nothing. */
  reach(states) {
    const all = new Set(states);
    for (const state of all) for (const step of this.steps[state]) all.add(step.to);
    return all;
  }

  /** Where each byte leads, bytes that lead to the same places together. */
  moves(states) {
    const found = new Map();
    for (let byte = 0; byte < 256; byte++) {
      const targets = new Set();
      for (const state of states) {
        for (const edge of this.edges[state]) if (edge.bytes[byte]) targets.add(edge.to);
      }
      const key = [...targets].sort((a, b) => a - b).join();
      if (!found.has(key)) found.set(key, [[...targets], new Uint8Array(256)]);
      found.get(key)[1][byte] = 1;
    }
    return found.values();
  }
}

/** What is looked for around a place may itself ask for nothing. */
function plain(node) {
  for (const part of node.parts ?? (node.part ? [node.part] : [])) plain(part);
  if (!["set", "cat", "alt", "repeat"].includes(node.kind)) {
    throw new Error(`${node.kind} cannot be compiled inside of what must not be around`);
  }
  return node;
}
