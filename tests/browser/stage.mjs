// SPDX-License-Identifier: Apache-2.0
//
// A site and a tracker that only takes down what it is told, for what the tests of this folder show
// in a real Chromium. Both are on localhost, on two ports: one site, two origins. A test that
// imports it has them started, and a fresh profile. argv: the folder of built scripts.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, beforeEach } from 'node:test';
import { createHash } from 'node:crypto';
import { chromium } from 'playwright-core';

const [assets] = process.argv.slice(2);
export const STUB = 'window.waymark=window.waymark||' +
  'function(){(waymark.q=waymark.q||[]).push(arguments)}';
const LIMIT_MS = 60000;

export let site, tracker, context, page;
// What is in @held is answered when the test says so: release().
export let pages, beacons, seen, answers, errors, messages, held;
let browser, flying;

export const script = name => fs.readFileSync(path.join(assets, `${name}.js`));
export const integrity = name =>
  `sha384-${createHash('sha384').update(script(name)).digest('base64')}`;

function listen(handler) {
  return new Promise(resolve => {
    const server = http.createServer((request, response) => {
      let body = '';
      request.on('data', piece => { body += piece; });
      request.on('end', () => handler(request, response, body));
    });
    server.listen(0, '127.0.0.1', () => {
      server.origin = `http://localhost:${server.address().port}`;
      resolve(server);
    });
  });
}

function answer(route, finish) {
  if (answers.hold === route)
    held.push(finish);
  else
    finish();
}

export function release() {
  answers.hold = undefined;
  for (const finish of held.splice(0))
    finish();
}

function serveTracker(request, response, body) {
  const route = request.url.split('?')[0];
  seen.push({ method: request.method, url: request.url, headers: request.headers, body });
  if (route.endsWith('.js')) {
    if (answers.script !== 200) {
      response.writeHead(answers.script).end();
      return;
    }
    response.writeHead(200, {
      'Content-Type': 'text/javascript; charset=utf-8', 'Access-Control-Allow-Origin': '*',
    }).end(script(route === '/t.js' ? 't.pending' : path.basename(route, '.js')));
    return;
  }
  const cors = {
    'Access-Control-Allow-Origin': request.headers.origin || '',
    'Access-Control-Allow-Credentials': 'true', 'Cache-Control': 'no-store',
  };
  if (route === '/e') {
    const lines = body.split('\n').map(line => Object.fromEntries(new URLSearchParams(line)));
    beacons.push({ headers: request.headers, method: request.method, bytes: body.length, lines });
    const finish = () => response.writeHead(answers.beacon, {
      ...cors, ...(answers.visitor && { 'Set-Cookie': `wm=${answers.visitor++}; Path=/` }),
    }).end();
    answer(route, finish);
  } else if (route === '/h') {
    if (answers.handover !== 'silent')
      response.writeHead(200, { ...cors, 'Content-Type': 'application/json' })
        .end(answers.handover);
  } else if (route === '/consent') {
    const finish = () => response.writeHead(204, {
      ...cors, 'Set-Cookie': 'wm=chosen; Path=/; HttpOnly; SameSite=Lax',
    }).end();
    answer(route, finish);
  } else if (route.startsWith('/p/')) {
    response.writeHead(200, { ...cors, 'Content-Type': 'application/json' })
      .end(JSON.stringify(answers.prefill));
  } else {
    response.writeHead(204, cors).end();
  }
}

function serveSite(request, response) {
  const found = pages[request.url.split(/[?#]/)[0]];
  response.writeHead(found ? 200 : 404, {
    'Content-Type': 'text/html; charset=utf-8', ...(found && found.headers),
  }).end(found ? found.html : '<title>Nothing here</title>');
}

export const tag = (attributes = '', name = 't') =>
  `<script async crossorigin src="${tracker.origin}/${name}.js" ${attributes}></script>`;

export const put = (at, html, headers) => {
  pages[at] = { html: `<!doctype html><title>${at}</title>${html}`, headers };
};

export async function wait(what, sentence) {
  for (const end = Date.now() + LIMIT_MS; ;) {
    const value = what();
    if (value)
      return value;
    assert(Date.now() < end, `did not happen: ${sentence}: ${JSON.stringify(lines())}`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

export const lines = (...types) => beacons.flatMap(beacon => beacon.lines)
  .filter(line => types.length === 0 || types.includes(line.t));
export const waitLines = (count, ...types) => wait(
  () => lines(...types).length >= count && lines(...types), `${count} lines of ${types}`);

// Longer than several changes of an address are taken together.
export const settleChange = () =>
  page.evaluate(() => new Promise(resolve => setTimeout(resolve, 80)));

// Everything that the page had to say has been said when a last event arrives behind it, and what
// that may have overtaken is answered.
export async function settle() {
  const before = lines('search').length;
  await settleChange();
  await page.evaluate(() => window.waymark('search', 'settled'));
  await waitLines(before + 1, 'search');
  await wait(() => flying.size === 0, 'the answers');
}

export async function open(at = '/') {
  await page.goto(site.origin + at);
  await page.waitForFunction(() => window.waymark && window.waymark.identify);
}

// When it was not yet so, and when it was, by the page's clock.
export const setVisible = visible => page.evaluate(state => {
  Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
  const before = performance.now();
  document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  return [before, performance.now()];
}, visible ? 'visible' : 'hidden');

before(async () => {
  site = await listen(serveSite);
  tracker = await listen(serveTracker);
  browser = await chromium.launch({
    executablePath: process.env.WAYMARK_CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
});

after(async () => {
  await browser.close();
  for (const server of [site, tracker]) {
    server.closeAllConnections();
    server.close();
  }
});

beforeEach(async () => {
  if (context)
    await context.close();
  pages = {};
  beacons = [];
  seen = [];
  errors = [];
  messages = [];
  held = [];
  answers = { script: 200, beacon: 204, prefill: {} };
  context = await browser.newContext();
  page = await context.newPage();
  page.setDefaultTimeout(LIMIT_MS);
  flying = new Set();
  page.on('request', request => flying.add(request));
  page.on('requestfinished', request => flying.delete(request));
  page.on('requestfailed', request => flying.delete(request));
  // A request that outlives its document may never be told to have ended.
  page.on('framenavigated', () => flying.clear());
  page.on('pageerror', error => errors.push(String(error)));
  page.on('console', message => messages.push(message.text()));
  put('/', tag('data-consent="measure"'));
  put('/next', tag('data-consent="measure"'));
});

export const assertUnharmed = () => assert.deepEqual(errors, []);
