// SPDX-License-Identifier: Apache-2.0
//
// What a browser's rules and the corpora's own checker say, asked often: one JSON list a line on
// standard input, one answer a line on standard output. ["href", url...]: what a browser would
// request for each, null where it would not. ["check", word...]: the lines that check_html.mjs
// beside this file prints when it is given these words.
import readline from 'node:readline';

const href = text => {
  try {
    return new URL(text).href;
  } catch {
    return null;
  }
};

let runs = 0;

// It is a program: it reads process.argv when it is imported, prints, and may end the process.
async function check(words) {
  const { argv, exit } = process;
  const { log } = console;
  const lines = [];
  const end = new Error('it has ended');
  process.argv = [argv[0], 'check_html.mjs', ...words];
  process.exit = () => { throw end; };
  console.log = line => lines.push(line);
  try {
    await import(`./check_html.mjs?run=${runs++}`);
  } catch (error) {
    if (error !== end)
      lines.unshift(`FAIL ${error.stack}`);
  } finally {
    process.argv = argv;
    process.exit = exit;
    console.log = log;
  }
  return lines;
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const [what, ...words] = JSON.parse(line);
  const answer = what === 'href' ? words.map(href) : await check(words);
  process.stdout.write(JSON.stringify(answer) + '\n');
}
