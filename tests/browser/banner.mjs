// SPDX-License-Identifier: Apache-2.0
//
// The consent banner: asks whom it should, by keyboard as by pointer, in the page's language, and
// under a strict policy; its answer is the snippet's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  STUB, assertUnharmed, messages, open, page, put, seen, site, tag, tracker, wait, waitLines,
} from './stage.mjs';

const banner = (attributes = '') => tag(attributes, 'banner');
const shown = () => page.evaluate(() => document.querySelectorAll('waymark-banner').length);
const buttons = () => page.evaluate(() => [...document.querySelector('waymark-banner').shadowRoot
  .querySelectorAll('button')].map(button => button.textContent));
const press = name => page.getByRole('button', { name, exact: true }).click();
const REOPEN = '<p><a href="/privacy" data-waymark-banner>Privacy</a></p>';
const stored = () => page.evaluate(() => localStorage['waymark-consent']);

async function show(html, headers, at = '/') {
  put(at, `<html lang="en"><script>${STUB}</script>${html}`, headers);
  await page.goto(site.origin + at);
}
const appears = () => page.waitForSelector('waymark-banner', { state: 'attached' });

test('it asks once, and the answer counts from there on', async () => {
  await show(tag() + banner() + REOPEN);
  await appears();
  assert.deepEqual(await buttons(), ['Measure and recognise me', 'Measure only', 'Refuse']);
  await press('Measure only');
  const [view] = await waitLines(1, 'view');
  assert.equal(view.k, 'load');
  assert.equal(await shown(), 0);
  assert.equal(await stored(), 'measure');
  await open();
  await page.waitForLoadState('load');
  assert.equal(await shown(), 0, 'not on the next page');
  assert.equal(seen.filter(request => request.url === '/consent').length, 1);
  assertUnharmed();
});

test('refusing is as easy as allowing', async () => {
  await show(tag() + banner());
  await appears();
  const sizes = await page.evaluate(() => [...document.querySelector('waymark-banner').shadowRoot
    .querySelectorAll('button')].map(button => {
    const style = getComputedStyle(button);
    return [style.color, style.backgroundColor, style.fontSize, button.offsetHeight >= 44];
  }).map(String));
  assert.equal(new Set(sizes).size, 1, sizes.join('; '));
  assert.match(sizes[0], /true$/);
  await press('Refuse');
  await wait(() => seen.some(request => request.body === 'state=denied'), 'the refusal');
  assert.equal(await stored(), 'denied');
});

test('by keyboard: met first, every button reached, no focus taken', async () => {
  await show(`${tag()}${banner()}<a href="/x" id="first">first</a>`);
  await appears();
  assert.equal(await page.evaluate(() => document.activeElement === document.body), true);
  const focused = () => page.evaluate(() => {
    const frame = document.querySelector('waymark-banner');
    return frame && frame.shadowRoot.activeElement ? frame.shadowRoot.activeElement.textContent :
      document.activeElement.id;
  });
  const met = [];
  for (let i = 0; i < 5; i++) {
    await page.keyboard.press('Tab');
    met.push(await focused());
  }
  assert.deepEqual(met, [...await buttons(), 'What is collected, for whom and why', 'first']);
  await page.keyboard.press('Escape');
  assert.equal(await shown(), 1, 'no answer is not an answer');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await wait(() => seen.some(request => request.body === 'state=denied'), 'the refusal');
});

test('asked for again it takes the focus, says what was answered, and gives it back', async () => {
  await show(tag() + banner() + REOPEN);
  await appears();
  await press('Measure only');
  await page.focus('[data-waymark-banner]');
  await page.keyboard.press('Enter');
  await appears();
  assert.equal(page.url(), `${site.origin}/`);
  const inside = () => page.evaluate(() => {
    const root = document.querySelector('waymark-banner').shadowRoot;
    return [root.activeElement && root.activeElement.id, root.textContent];
  });
  const [focused, text] = await inside();
  assert.equal(focused, 'title');
  assert(text.includes('Your answer until now: Measure only'), text);
  await page.keyboard.press('Escape');
  assert.equal(await shown(), 0);
  assert.equal(await page.evaluate(
    () => document.activeElement.hasAttribute('data-waymark-banner')), true);
  await page.click('[data-waymark-banner]');
  await press('Refuse');
  await wait(() => seen.some(request => request.body === 'state=denied'), 'the withdrawal');
  assert.equal(await stored(), 'denied');
});

test('roles and names for who does not see it', async () => {
  await show(tag() + banner());
  await appears();
  await page.getByRole('region', { name: 'May we measure your visit?' }).waitFor();
  await page.getByRole('heading', { level: 2, name: 'May we measure your visit?' }).waitFor();
  const link = page.getByRole('link', { name: 'What is collected, for whom and why' });
  assert.equal(await link.getAttribute('href'), `${tracker.origin}/privacy`);
});

test('in the language of the page, with the site\'s own words, and what it offers', async () => {
  await show(`${tag()}${banner('data-lang="ja"')}`);
  await appears();
  assert.deepEqual(await buttons(), ['計測と識別を許可する', '計測のみ許可する', '許可しない']);
  await show(tag() + banner('data-offer="measure" data-title="Ours" data-text="Own &lt;b&gt;"'));
  await appears();
  assert.deepEqual(await buttons(), ['Measure only', 'Refuse']);
  const text = await page.evaluate(
    () => document.querySelector('waymark-banner').shadowRoot.textContent);
  assert(text.startsWith('OursOwn <b>'), text);
});

test('a browser that says no by itself is not asked', async () => {
  await page.addInitScript(() => Object.defineProperty(navigator, 'globalPrivacyControl',
    { value: true }));
  await show(tag() + banner() + REOPEN);
  await page.waitForLoadState('load');
  assert.equal(await shown(), 0);
  await page.click('[data-waymark-banner]');
  await appears();
  assert.deepEqual(await buttons(), ['Close']);
  await press('Close');
  assert.equal(await shown(), 0);
  await show(tag('data-gpc="off"') + banner('data-gpc="off"'));
  await appears();
});

test('under a strict policy, styled, before and without the snippet', async () => {
  await show(`<script nonce="n" async crossorigin src="${tracker.origin}/banner.js"></script>`, {
    'Content-Security-Policy': "default-src 'none'; script-src 'nonce-n' 'strict-dynamic'; " +
      "require-trusted-types-for 'script'; trusted-types 'none'",
  });
  await appears();
  assert.equal(await page.evaluate(
    () => getComputedStyle(document.querySelector('waymark-banner')).position), 'fixed');
  await press('Measure only');
  assert.equal(await shown(), 0);
  assert.deepEqual(await page.evaluate(() => window.waymark.q.map(values => [...values])),
    [['consent', 'measure']]);
  assertUnharmed();
  // The one that it reports is of the page's own inline line, which has no nonce.
  assert(messages.length <= 1, messages.join('; '));
});

test('nothing that is focused hides behind it', async () => {
  const rows = Array.from({ length: 60 }, (_, i) => `<p><a href="/${i}">row ${i}</a></p>`).join('');
  await show(tag() + banner() + rows);
  await appears();
  for (let i = 0; i < 30; i++)
    await page.keyboard.press('Tab');
  const [bottom, top] = await page.evaluate(() => [
    document.activeElement.getBoundingClientRect().bottom,
    document.querySelector('waymark-banner').getBoundingClientRect().top]);
  assert(bottom <= top + 1, `${bottom} ${top}`);
});
