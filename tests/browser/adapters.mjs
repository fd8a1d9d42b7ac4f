// SPDX-License-Identifier: Apache-2.0
//
// Consent tools and the snippet: which of their answers becomes which choice, whatever is loaded
// first, and that what no visitor said is no choice.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  STUB, assertUnharmed, messages, open, page, put, seen, settle, settleChange, site, tag, tracker,
  wait, waitLines,
} from './stage.mjs';

const adapter = attributes => tag(attributes, 't/adapters');
const append = (name, data) => page.evaluate(([source, attributes]) => {
  const script = document.createElement('script');
  script.src = source;
  script.crossOrigin = 'anonymous';
  Object.assign(script.dataset, attributes);
  document.head.append(script);
}, [`${tracker.origin}/${name}.js`, data]);
const chosen = () => seen.filter(request => request.url === '/consent')
  .map(request => new URLSearchParams(request.body).get('state'));
const waitChosen = async (...states) => {
  await wait(() => chosen().length >= states.length, `the choice ${states}, of ${chosen()}`);
  await settled();
  assert.deepEqual(chosen(), states);
};
const settled = () => page.evaluate(() => new Promise(resolve => setTimeout(resolve, 150)));

// A consent tool with the interface of TCF v2.3, which answers when tell() is called.
const TCF_TOOL = `<script>
  const listeners = [];
  function __tcfapi(command, version, callback) {
    if (command !== 'addEventListener' || version !== 2) throw new Error('not of v2.3');
    listeners.push(callback);
    callback({ eventStatus: 'cmpuishown', gdprApplies: true, purpose: { consents: { 1: true } },
      publisher: { consents: { 3: true, 8: true } } }, true);
  }
  function tell(answer) {
    for (const callback of listeners)
      callback({ gdprApplies: true, eventStatus: 'useractioncomplete', ...answer }, true);
  }
</script>`;
const tell = (purposes, publisher, more) => page.evaluate(([consents, own, others]) =>
  window.tell({ purpose: { consents }, publisher: { consents: own }, ...others }),
[purposes, publisher, more]);
const listening = () => page.waitForFunction('listeners.length > 0');

test('TCF: the answer of the visitor is handed on, each time that it changes', async () => {
  put('/', `<script>${STUB}</script>${TCF_TOOL}${tag()}${adapter('data-tcf')}`);
  await open();
  await listening();
  await settled();
  assert.deepEqual(chosen(), [], 'a dialogue that is open is no answer');
  await tell({ 1: true }, { 8: true });
  await waitChosen('measure');
  await waitLines(1, 'view');
  await tell({ 1: true }, { 3: true, 8: true });
  await waitChosen('measure', 'identify');
  await tell({ 1: true }, { 3: true, 8: true });
  await tell({ 1: false }, { 3: true, 8: true });
  await waitChosen('measure', 'identify', 'denied');
  assertUnharmed();
});

test('TCF: without purpose 1, or where it does not apply, nothing is assumed', async () => {
  put('/', `<script>${STUB}</script>${TCF_TOOL}${tag()}${adapter('data-tcf')}`);
  await open();
  await listening();
  await tell({ 1: true }, { 3: true, 8: true }, { gdprApplies: false });
  await tell({ 1: true }, { 3: true, 8: true }, { eventStatus: 'cmpuishown' });
  await settled();
  assert.deepEqual(chosen(), []);
  await tell({ 1: true, 3: true, 8: true }, {});
  await waitChosen('denied');
});

test('TCF: purposes are a matter of the site', async () => {
  put('/', `<script>${STUB}</script>${TCF_TOOL}${tag()}` +
    adapter('data-tcf="purpose" data-measure="8 9" data-identify="5"'));
  await open();
  await listening();
  await tell({ 1: true, 8: true, 9: true }, {});
  await waitChosen('measure');
  await tell({ 1: true, 5: true, 8: true, 9: true }, {});
  await waitChosen('measure', 'identify');
  await tell({ 1: true, 5: true, 8: true }, {});
  await waitChosen('measure', 'identify', 'denied');
});

test('TCF: a tool that comes later than we do is waited for', async () => {
  put('/', `<script>${STUB}</script>${tag()}${adapter('data-tcf')}`);
  await open();
  await page.evaluate(() => {
    window.__tcfapi = (command, version, callback) => callback({
      eventStatus: 'tcloaded', gdprApplies: true, purpose: { consents: { 1: true } },
      publisher: { consents: { 8: true } },
    }, true);
  });
  await waitChosen('measure');
});

const GTAG = '<script>dataLayer=[];function gtag(){dataLayer.push(arguments)}</script>';

test('Consent Mode: updates are answers, defaults and regions are not', async () => {
  put('/', `<script>${STUB}</script>${GTAG}<script>
    gtag('consent', 'default', { analytics_storage: 'granted', ad_user_data: 'granted' });
    gtag('js', new Date());</script>${tag()}${adapter('data-gcm')}`);
  await open();
  await settled();
  const update = values => page.evaluate(
    fields => window.gtag('consent', 'update', fields), values);
  assert.deepEqual(chosen(), []);
  await update({ analytics_storage: 'granted', ad_user_data: 'denied' });
  await waitChosen('measure');
  await update({ ad_user_data: 'granted' });
  await waitChosen('measure', 'identify');
  await page.evaluate(() => window.dataLayer.push({ event: 'x' }, null, ['consent']));
  await update({ analytics_storage: 'denied', region: ['FR'] });
  await settled();
  await update({ analytics_storage: 'denied' });
  await waitChosen('measure', 'identify', 'denied');
  assert.equal(await page.evaluate(() => window.dataLayer.length), 9);
  assertUnharmed();
});

test('Consent Mode: an answer from before the adapter was there counts', async () => {
  put('/', `<script>${STUB}</script>${GTAG}<script>
    gtag('consent', 'default', { analytics_storage: 'denied', ad_user_data: 'denied' });
    gtag('consent', 'update', { analytics_storage: 'granted' });
    gtag('consent', 'update', { ad_user_data: 'granted' });
    </script>${adapter('data-gcm')}${tag()}`);
  await open();
  await waitChosen('identify');
});

test('debug shows what goes, and what is wrong', async () => {
  put('/', `<script>${STUB}</script>${adapter('data-debug')}`);
  await page.goto(site.origin);
  await wait(() => messages.some(text => text.includes('consent stored here')), 'a first word');
  await append('t', { consent: 'measure' });
  await wait(() => messages.some(text => text.includes('loaded from')), 'that it is loaded');
  await waitLines(1, 'view');
  await page.evaluate(() => {
    window.waymark('evnt', 'x');
    window.waymark('consent', 'yes please');
    window.waymark('event');
    window.waymark('event', 'large', { text: 'x'.repeat(5000) });
  });
  for (const text of ['view', 'there is no command "evnt"', 'there is no consent "yes please"',
    'an event needs a name', 'the properties of large are over'])
    await wait(() => messages.some(message => message.includes(text)), text);
  assertUnharmed();
});

test('debug says which policy keeps the snippet from working, and did before', async () => {
  put('/', `<script>${STUB}</script>${tag('data-consent="measure"')}`, {
    'Content-Security-Policy': `script-src 'unsafe-inline' ${tracker.origin}; connect-src 'self'`,
  });
  await open();
  await wait(() => messages.some(text => text.includes('Content Security Policy')), 'a refusal');
  await append('t/adapters', { debug: '' });
  const isNamed = text => text.includes('the page\'s policy blocks');
  await wait(() => messages.some(isNamed), 'the policy');
  assert.match(messages.find(isNamed), /connect-src http/);
  await page.evaluate(() => window.waymark('event', 'another'));
  await wait(() => messages.some(text => text.includes('another')), 'a second line');
  await settleChange();
  assert.equal(messages.filter(isNamed).length, 1, messages.join('\n'));
  assertUnharmed();
});

test('without its attributes the adapter does nothing', async () => {
  put('/', `<script>${STUB}</script>${TCF_TOOL}${GTAG}${tag('data-consent="measure"')}` +
    adapter());
  await open();
  await page.evaluate(() => window.gtag('consent', 'update', { analytics_storage: 'denied' }));
  await settle();
  assert.equal(await page.evaluate('listeners.length'), 0);
  assert.deepEqual(chosen(), []);
});
