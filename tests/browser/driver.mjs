// SPDX-License-Identifier: Apache-2.0
//
// Chromium on a string: one JSON command a line on standard input, one JSON answer a line on
// standard output. Commands: open {url}, click {selector}, cookies, screenshot {path}, close.
// argv: host-resolver-rules, hash of the certificate authority's key, profile folder.
import readline from 'node:readline';
import { chromium } from 'playwright-core';

const [rules, spki, profile] = process.argv.slice(2);
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.WAYMARK_CHROMIUM || '/usr/bin/chromium',
  headless: true,
  // An ordinary reader's: the one of headless Chromium is a known robot's.
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) ' +
    'Chrome/140.0.0.0 Safari/537.36',
  args: [
    `--host-resolver-rules=${rules}`,
    `--ignore-certificate-errors-spki-list=${spki}`,
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
  ],
});
const page = context.pages()[0] || await context.newPage();

const commands = {
  async open({ url }) {
    const answer = await page.goto(url);
    return { status: answer.status(), url: page.url() };
  },
  async click({ selector }) {
    await Promise.all([page.waitForNavigation(), page.click(selector)]);
    return page.evaluate(() => (
      { url: location.href, title: document.title, referrer: document.referrer }));
  },
  async cookies() {
    return context.cookies();
  },
  async screenshot({ path }) {
    await page.screenshot({ path, fullPage: true });
    return {};
  },
};

process.stdout.write('{"ready":true}\n');
for await (const line of readline.createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  let answer;
  try {
    answer = { value: await commands[command.do](command) };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
await context.close();
