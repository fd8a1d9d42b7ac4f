// SPDX-License-Identifier: Apache-2.0
/**
 * Compile the lists of agents that static/package.json pins into the tables of track/agent_list.c.
 *
 *     make_agent_list.mjs PACKAGES OUTPUT
 *
 * PACKAGES is the folder that holds node_modules. Patterns that hold only at the start of an agent
 * make one automaton, those that loop another, and all others, most of them words, a third:
 * together they would be a state for each triple.
 *
 * A pattern that cannot be compiled ends the build and is named, so whoever raises a pin decides.
 * What was compiled is then held against the patterns themselves, run by this very program, on each
 * agent that the lists bring along.
 */
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { byteClasses, determinise, finds } from "./dfa.mjs";
import { ACCEPT, Nfa } from "./nfa.mjs";
import { parsePattern } from "./pattern.mjs";

const [packages, output] = process.argv.slice(2);
const folder = path.resolve(packages, "node_modules");

function version(name) {
  return JSON.parse(fs.readFileSync(path.join(folder, name, "package.json"), "utf8")).version;
}

async function readLists() {
  const isbot = await import(pathToFileURL(path.join(folder, "isbot", "index.mjs")));
  const crawlers = JSON.parse(
    fs.readFileSync(path.join(folder, "crawler-user-agents", "crawler-user-agents.json"), "utf8"),
  );
  return [
    { name: "isbot", ignoreCase: true, patterns: isbot.list, agents: [] },
    {
      name: "crawler-user-agents",
      ignoreCase: false,
      patterns: crawlers.map((row) => row.pattern),
      agents: crawlers.flatMap((row) => row.instances ?? []),
    },
  ];
}

function isAnchored(tree) {
  return tree.kind === "cat" && tree.parts[0]?.kind === "begin";
}

function loops(tree) {
  const parts = [tree.part, ...(tree.parts ?? [])];
  return tree.max === Infinity || parts.some((part) => part && loops(part));
}

function isWord(tree) {
  return tree.kind === "cat" && tree.parts.every(({ kind }) => kind === "set");
}

function addPattern({ begins, runs, holds }, source, ignoreCase) {
  const tree = parsePattern(source, ignoreCase);
  for (const branch of tree.kind === "alt" ? tree.parts : [tree]) {
    if (isAnchored(branch)) begins.anchored.push(begins.build(branch, ACCEPT));
    else if (isWord(branch)) holds.word(branch.parts.map(({ bytes }) => bytes));
    else if (loops(branch)) runs.floating.push(runs.build(branch, ACCEPT));
    else holds.floating.push(holds.build(branch, ACCEPT));
  }
}

function compile(lists) {
  const nfas = { begins: new Nfa(), runs: new Nfa(), holds: new Nfa() };
  for (const { name, patterns, ignoreCase } of lists) {
    for (const pattern of patterns) {
      try {
        addPattern(nfas, pattern, ignoreCase);
      } catch (error) {
        throw new Error(`${name}: pattern /${pattern}/ cannot be compiled: ${error.message}`);
      }
    }
  }
  const classes = byteClasses(Object.values(nfas));
  const automata = Object.entries(nfas).map(([name, nfa]) => [name, determinise(nfa, classes)]);
  return { classes, automata };
}

function prove(lists, { classes, automata }) {
  const patterns = lists.map(
    ({ patterns: sources, ignoreCase }) => new RegExp(sources.join("|"), ignoreCase ? "i" : ""),
  );
  for (const agent of lists.flatMap(({ agents }) => agents)) {
    if (/[^\0-\x7f]/.test(agent)) continue;
    const expected = patterns.some((pattern) => pattern.test(agent));
    const found = automata.some(([, automaton]) => finds(automaton, classes, agent));
    if (found !== expected) throw new Error(`compiled wrongly: "${agent}" is found: ${found}`);
  }
}

function numbers(values) {
  const lines = [];
  let line = "";
  for (const value of values) {
    if (line.length + `${value},`.length > 96) {
      lines.push(line);
      line = "";
    }
    line += `${value},`;
  }
  return [...lines, line].join("\n");
}

const BASES_MAX = 255;
const ALIKE = 8;

function differences(row, base, enough) {
  let count = 0;
  for (let column = 0; column < row.length && count < enough; column++) {
    if (row[column] !== base[column]) count++;
  }
  return count;
}

/**
 * Rows are much alike: after an "a", most states lead to where others after an "a" do. So each
 * state has the most similar of a few rows, and only what differs from that is written.
 */
function compress({ rows, start }) {
  const bases = [...new Set([start, ...rows[start]])].map((state) => rows[state]);
  const states = rows.map((row) => {
    let best = row.length + 1;
    let index;
    bases.forEach((base, at) => {
      const count = differences(row, base, best);
      if (count < best) [best, index] = [count, at];
    });
    if (best > ALIKE && bases.length < BASES_MAX) index = bases.push(row) - 1;
    return { row, index, columns: [...row.keys()].filter((at) => row[at] !== bases[index][at]) };
  });
  return { states, bases };
}

function format([name, automaton]) {
  const { states, bases } = compress(automaton);
  const firsts = [0];
  for (const { columns } of states) firsts.push(firsts.at(-1) + columns.length);
  return `static const uint16_t ${name}_bases[][${automaton.rows[0].length}] = {
${bases.map((base) => `{${numbers(base)}},`).join("\n")}
};
static const uint8_t ${name}_base[] = {
${numbers(states.map(({ index }) => index))}
};
static const uint32_t ${name}_first[] = {
${numbers(firsts)}
};
static const uint8_t ${name}_class[] = {
${numbers(states.flatMap(({ columns }) => columns))}
};
static const uint16_t ${name}_next[] = {
${numbers(states.flatMap(({ columns, row }) => columns.map((column) => row[column])))}
};
static const uint8_t ${name}_ends[] = {
${numbers(automaton.ends)}
};
enum { ${name.toUpperCase()}_START = ${automaton.start} };
`;
}

const lists = await readLists();
const compiled = compile(lists);
prove(lists, compiled);
const names = lists.map(({ name }) => `${name} ${version(name)}`).join(", ");
fs.writeFileSync(
  output,
  `/* Made by make_agent_list.mjs from ${names}. */
#define AGENT_LIST_SOURCES "${names}"
enum { AGENT_LIST_CLASSES = ${compiled.classes.examples.length} };
static const uint8_t agent_list_classes[256] = {
${numbers(compiled.classes.of)}
};
${compiled.automata.map(format).join("")}`,
);

