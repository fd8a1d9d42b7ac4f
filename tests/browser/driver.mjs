// SPDX-License-Identifier: Apache-2.0
//
// Chromium on a string: one JSON command a line on standard input, one JSON answer a line on
// standard output. argv: host-resolver-rules, hash of the certificate authority's key.
//
// Every command but `profile` names one: a browser of its own as far as cookies, storage and caches
// go. One with a folder outlives the program; the others are contexts of one process, so that fifty
// of them are cheap. What a profile asks of the network is kept, with the headers as they went out.
import readline from 'node:readline';
import { chromium } from 'playwright-core';

const [rules, spki] = process.argv.slice(2);
const LIMIT_MS = 60000;
const LEFT_LIMIT_MS = 5000; // a request that outlives its document may never be told to have ended
const options = {
  executablePath: process.env.WAYMARK_CHROMIUM,
  headless: true,
  args: [
    `--host-resolver-rules=${rules}`,
    `--ignore-certificate-errors-spki-list=${spki}`,
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
  ],
};
// An ordinary reader's: the one of headless Chromium is a known robot's.
const userAgent = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) ' +
  'Chrome/140.0.0.0 Safari/537.36';
const profiles = new Map();
let shared; // the process of profiles without a folder

async function noteRequest(profile, request) {
  const answer = await request.response().catch(() => null);
  profile.requests.push({
    method: request.method(), url: request.url(), type: request.resourceType(),
    headers: await request.allHeaders().catch(() => request.headers()),
    body: request.postData(), failure: request.failure() && request.failure().errorText,
    status: answer && answer.status(),
    // A page that is closed meanwhile has no more to tell.
    answer: answer ? await answer.allHeaders().catch(() => answer.headers()) : {},
  });
}

// What open pages have asked for has been answered: a log may know of a request whose answer, and
// the cookie in it, is still on its way.
async function quiet({ flying }) {
  const end = Date.now() + LIMIT_MS;
  const isDue = ([request, limit]) => Date.now() < Math.min(end, limit) &&
    (request.serviceWorker() || !request.frame().page().isClosed());
  while ([...flying].some(isDue))
    await new Promise(resolve => setTimeout(resolve, 2));
}

// What it has asked for until now may be of a document that is no longer there.
function noteLeft({ flying }, page) {
  for (const request of flying.keys())
    if (!request.serviceWorker() && request.frame().page() === page)
      flying.set(request, Math.min(flying.get(request), Date.now() + LEFT_LIMIT_MS));
}

// Something to click, and where it leads to, as the page that was left cannot tell.
const where = page => page.evaluate(() => (
  { url: location.href, title: document.title, referrer: document.referrer }));

function openPage(profile) {
  return profile.context.newPage().then(page => {
    page.setDefaultTimeout(LIMIT_MS);
    page.on('framenavigated', frame => frame === page.mainFrame() && noteLeft(profile, page));
    page.on('pageerror', error => profile.errors.push(String(error)));
    page.on('console', message => profile.console.push(message.text()));
    profile.page = page;
    return page;
  });
}

const commands = {
  // @headers: put on each request; @network: where its navigations come from, as a proxy says it,
  // and only these: a header of ours on a beacon would make the browser ask first; @script: runs
  // before any of a page; @blocked: a pattern of addresses that cannot be reached; @scripts:
  // whether pages may have any; @width: of the window; @colors: light or dark, as the system's are;
  // @locale: the reader's language.
  async profile({
    name, folder, headers, network, script, blocked, scripts = true, width = 1280, colors = 'light',
    locale = 'en-GB',
  }) {
    const settings = {
      userAgent, locale, javaScriptEnabled: scripts, extraHTTPHeaders: headers,
      viewport: { width, height: 720 }, colorScheme: colors,
    };
    let context;
    if (folder)
      context = await chromium.launchPersistentContext(folder, { ...options, ...settings });
    else {
      shared = shared || await chromium.launch(options);
      context = await shared.newContext(settings);
    }
    const profile = {
      context, requests: [], noted: [], flying: new Map(), errors: [], console: [],
    };
    profiles.set(name, profile);
    context.on('request', request => profile.flying.set(request, Infinity));
    for (const type of ['requestfinished', 'requestfailed'])
      context.on(type, request => {
        profile.flying.delete(request);
        profile.noted.push(noteRequest(profile, request));
      });
    if (script)
      await context.addInitScript(script);
    if (blocked)
      await context.route(new RegExp(blocked), route => route.abort('blockedbyclient'));
    if (network)
      await context.route('**', route => route.continue(route.request().isNavigationRequest() ?
        { headers: { ...route.request().headers(), 'X-Forwarded-For': network } } : {})
        .catch(() => {})); // the profile has ended meanwhile
    await openPage(profile);
    return {};
  },
  // What the page at hand has asked for is answered first, and its cookies are the browser's; who
  // leaves before that does it @early.
  async open({ profile, page, url, early }) {
    if (!early)
      await quiet(profile);
    const answer = await page.goto(url);
    return { status: answer.status(), url: page.url() };
  },
  async click({ page, selector }) {
    await Promise.all([page.waitForNavigation(), page.click(selector)]);
    return where(page);
  },
  // Without anywhere to go.
  async press({ page, selector }) {
    await page.click(selector);
    return {};
  },
  where: ({ page }) => where(page),
  async quiet({ profile }) {
    await quiet(profile);
    return {};
  },
  evaluate: ({ page, script }) => page.evaluate(script),
  async wait({ page, script }) {
    await page.waitForFunction(script);
    return {};
  },
  async fill({ page, selector, value }) {
    await page.fill(selector, value);
    return {};
  },
  text: ({ page, selector }) => page.innerText(selector),
  value: ({ page, selector }) => page.inputValue(selector),
  // In the first frame of a page: what @script makes of an element, or press it (@click), which
  // leads to another page. @missing: whether it is there.
  async in_frame({ page, selector, script, click, missing }) {
    const frame = page.frames()[1];
    await frame.waitForLoadState();
    if (missing)
      return await frame.$(selector) !== null;
    const element = await frame.waitForSelector(selector);
    if (click)
      await Promise.all([frame.waitForNavigation(), element.click()]);
    return script ? element.evaluate(new Function('element', `return (${script})(element)`)) : null;
  },
  async cookies({ profile, url }) {
    await quiet(profile);
    return profile.context.cookies(url);
  },
  async plant({ profile, cookies }) {
    await profile.context.addCookies(cookies);
    return {};
  },
  async drop({ profile }) {
    await profile.context.clearCookies();
    return {};
  },
  async requests({ profile }) {
    await Promise.all(profile.noted);
    return profile.requests;
  },
  troubles: ({ profile }) => ({ errors: profile.errors, console: profile.console }),
  // Close the page as its reader does, so that it hears of it; another one takes its place.
  async leave({ profile, page }) {
    await openPage(profile);
    await page.close({ runBeforeUnload: true });
    return {};
  },
  async screenshot({ page, path }) {
    await page.screenshot({ path, fullPage: true });
    return {};
  },
  async end({ profile, name }) {
    await quiet(profile);
    await profile.context.close();
    profiles.delete(name);
    return {};
  },
};

process.stdout.write('{"ready":true}\n');
for await (const line of readline.createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  const profile = profiles.get(command.name);
  let answer;
  try {
    const value = await commands[command.do]({ ...command, profile, page: profile?.page });
    answer = { value: value === undefined ? null : value };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
for (const profile of profiles.values())
  await profile.context.close();
if (shared)
  await shared.close();
