// SPDX-License-Identifier: Apache-2.0
//
// The snippet's core: what goes over the wire, when, and what the page notices of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  STUB, answers, assertUnharmed, beacons, context, held, integrity, lines, messages, open, page,
  put, release, seen, setVisible, settle, settleChange, site, tag, tracker, wait, waitLines,
} from './stage.mjs';

test('a page view says where and how, in one beacon without a preflight', async () => {
  put('/from', `<a id="go" href="/?a=1#part">go</a>`);
  await page.goto(`${site.origin}/from?secret=1`);
  await page.click('#go');
  const [view] = await waitLines(1, 'view');
  assert.match(view.v, /^[0-9a-f]{16}$/);
  assert.deepEqual({ ...view, v: '' }, {
    t: 'view', v: '', s: '0', k: 'load', u: `${site.origin}/?a=1`,
    r: `${site.origin}/from?secret=1`,
  });
  assert.equal(beacons[0].method, 'POST');
  assert.equal(beacons[0].headers['content-type'], 'text/plain;charset=UTF-8');
  assert.equal(beacons[0].headers.origin, site.origin);
  assert.equal(beacons[0].headers['sec-fetch-site'], 'same-site');
  assert.deepEqual(seen.filter(request => request.method === 'OPTIONS'), []);
  assertUnharmed();
});

test('the script is loaded without a cookie, beacons carry it', async () => {
  await context.addCookies([{ name: 'wm', value: 'x', url: tracker.origin }]);
  await open();
  await waitLines(1, 'view');
  assert.equal(seen.find(request => request.url === '/t.js').headers.cookie, undefined);
  assert.equal(beacons[0].headers.cookie, 'wm=x');
});

test('a new visitor is one visitor, however soon the next event comes', async () => {
  answers.visitor = 1;
  answers.hold = '/e';
  await open();
  await page.evaluate(() => window.waymark('event', 'at once'));
  await wait(() => held.length > 0, 'the first beacon');
  release();
  await waitLines(1, 'event');
  assert.deepEqual(beacons.map(beacon => beacon.headers.cookie), [undefined, 'wm=1']);
});

test('a page that goes away does not wait for the cookie', async () => {
  answers.hold = '/e';
  await open();
  await waitLines(1, 'view');
  await page.goto(`${site.origin}/next`);
  await waitLines(1, 'leave');
});

test('what overtakes the first answer says that it does', async () => {
  answers.visitor = 1;
  answers.hold = '/e';
  await open();
  await page.evaluate(() => history.pushState(0, '', '/a'));
  await settleChange();
  await page.goto('about:blank');
  const told = await waitLines(4);
  assert.deepEqual(told.map(line => [line.t, line.s]),
    [['view', '0'], ['leave', '1'], ['view', '2'], ['leave', '3']]);
  assert.deepEqual(beacons.map(beacon => beacon.headers.cookie), [undefined, undefined]);
});

test('the site is named whatever the page tells of where one came from', async () => {
  for (const policy of ['no-referrer', 'same-origin', 'unsafe-url']) {
    put('/', tag(), { 'Referrer-Policy': policy });
    await open();
    await page.evaluate(() => window.waymark('consent', 'measure'));
    await waitLines(1, 'view');
    await page.goto('about:blank');
    await waitLines(1, 'leave');
    await context.clearCookies();
    const posts = seen.splice(0).filter(request => request.method === 'POST');
    assert.deepEqual([...new Set(posts.map(request => request.url))], ['/consent', '/e']);
    for (const post of posts) {
      assert.equal(post.headers.origin, site.origin, `${policy} ${post.url}`);
      // Chromium tells the Origin under any policy; that ours is in force shows in the Referer.
      assert.equal(post.headers.referer, `${site.origin}/`, `${policy} ${post.url}`);
    }
    beacons.length = 0;
    put('/', '<script>localStorage.clear()</script>');
    await page.goto(site.origin);
  }
});

test('a browser without keepalive sends its last lines as a beacon', async () => {
  await page.addInitScript(() => { delete Request.prototype.keepalive; });
  await open();
  await waitLines(1, 'view');
  await page.goto('about:blank');
  await waitLines(1, 'leave');
  assert.equal(beacons[1].headers['content-type'], 'text/plain;charset=UTF-8');
});

test('commands given before the script is there are kept, in order', async () => {
  put('/', `<script>${STUB};waymark('event','early',{n:1});waymark('search','秋 山');</script>` +
    tag('data-consent="measure"'));
  await open();
  const [view, early, search] = await waitLines(3);
  assert.equal(view.t, 'view');
  assert.deepEqual([early.n, early.p, early.s], ['early', '{"n":1}', '1']);
  assert.deepEqual([search.q, search.s], ['秋 山', '2']);
  assert.equal(new Set([view.v, early.v, search.v]).size, 1);
  assert.equal(beacons.length, 1, 'one turn, one beacon');
});

test('a script that is blocked, missing or broken harms no page', async () => {
  for (const status of [404, 500]) {
    answers.script = status;
    put('/', `<script>${STUB}</script>${tag()}<button onclick="waymark('event','x');done=1">`);
    await page.goto(site.origin);
    await page.click('button');
    assert.equal(await page.evaluate(() => window.done), 1);
  }
  assertUnharmed();
});

test('a beacon that is refused, or blocked by a policy, harms no page', async () => {
  answers.beacon = 500;
  await open();
  await waitLines(1, 'view');
  put('/', `${tag('data-consent="measure"')}`, {
    'Content-Security-Policy': `script-src ${tracker.origin}; connect-src 'none'`,
  });
  await open();
  await page.evaluate(() => {
    window.waymark('event', 'x');
    window.waymark('consent', 'identify');
    window.waymark('event', 'circular', { get self() { throw new Error('no'); } });
    window.waymark('nonsense');
    document.dispatchEvent(new Event('click'));
  });
  await page.evaluate(() => new Promise(resolve => setTimeout(resolve, 50)));
  assertUnharmed();
});

test('loaded as a module it does nothing, and nothing is heard of it', async () => {
  put('/', `<script>${STUB}</script>
    <script type="module" crossorigin src="${tracker.origin}/t.js" onload="loaded = 1"></script>`);
  await page.goto(site.origin);
  await page.waitForFunction(() => window.loaded);
  await page.evaluate(() => window.waymark('event', 'x'));
  await page.goto('about:blank');
  assert.deepEqual([beacons, messages], [[], []]);
  assertUnharmed();
});

test('a page that has broken what is needed hears nothing of it', async () => {
  await open();
  await waitLines(1, 'view');
  await page.evaluate(() => {
    window.waymark.identify({ toString() { throw new Error('ours'); } });
    window.fetch = () => { throw new Error('ours'); };
    window.waymark('event', 'x');
  });
  await settleChange();
  await page.goto('about:blank');
  assertUnharmed();
});

test('the tag loaded twice is one page view', async () => {
  put('/', tag('data-consent="measure"') + tag('data-consent="measure"', 't.pending'));
  await page.goto(site.origin, { waitUntil: 'load' });
  await settle();
  assert.equal(lines('view').length, 1);
});

// What passed from @begin to @end, each of which is when it was not yet so and when it was.
function assertBetween(told, begin, end) {
  const [least, most] = [end[0] - begin[1], end[1] - begin[0]];
  assert(told >= least - 1 && told <= most + 1, `${least} ${told} ${most}`);
}

test('visible time is what passed while the page was visible', async () => {
  // Both clocks are the page's, so that a busy machine does not count.
  const rest = ms => page.evaluate(
    limit => new Promise(resolve => setTimeout(resolve, limit)), ms);
  const clock = () => page.evaluate(() => performance.now());
  await open();
  const begin = await clock();
  await rest(500);
  const spent = await clock() - begin;
  const [, hidden] = await setVisible(false);
  const [first] = await waitLines(1, 'leave');
  assert(first.w >= spent - 1 && first.w <= hidden + 1, `${spent} ${first.w} ${hidden}`);
  await rest(500);
  const shown = await setVisible(true);
  await rest(300);
  const again = await setVisible(false);
  const [, second] = await waitLines(2, 'leave');
  assertBetween(second.w - first.w, shown, again);
  await setVisible(true);
  await rest(200);
  await page.goto(`${site.origin}/next`);
  const [, , last] = await waitLines(3, 'leave');
  assert(last.w - second.w >= 199, `${last.w} ${second.w}`);
  assert.deepEqual([first.v, first.v, `${site.origin}/`], [second.v, last.v, last.u]);
  assert.deepEqual([first.s, second.s, last.s], ['1', '2', '3']);
});

test('a page that is never visible reports no time', async () => {
  await page.addInitScript(() => Object.defineProperty(document, 'visibilityState',
    { value: 'hidden', configurable: true }));
  await open();
  await waitLines(1, 'view');
  await page.goto(`${site.origin}/next`);
  await waitLines(2, 'view');
  assert.deepEqual(lines('leave'), []);
});

test('leaving by closing the tab is delivered', async () => {
  await open();
  await waitLines(1, 'view');
  await page.close({ runBeforeUnload: true });
  await waitLines(1, 'leave');
});

test('scroll depth and trusted input', async () => {
  put('/', tag('data-consent="measure"') + '<div style="height:10000px">tall</div>');
  await open();
  await page.evaluate(() => {
    document.dispatchEvent(new Event('pointerdown', { bubbles: true }));
    document.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true }));
  });
  await setVisible(false);
  const [still] = await waitLines(1, 'leave');
  assert.equal(still.i, '0', 'events that a script makes are no input');
  assert(still.d > 0 && still.d < 15, still.d);
  await setVisible(true);
  await page.mouse.wheel(0, 4000);
  await page.waitForFunction(() => scrollY > 3000);
  await page.evaluate(() => new Promise(requestAnimationFrame));
  await page.evaluate(() => scrollTo(0, 0));
  await setVisible(false);
  const [, moved] = await waitLines(2, 'leave');
  assert.equal(moved.i, '1');
  assert(moved.d > 35 && moved.d < 60, moved.d);
});

for (const without of [false, true]) {
  test(`navigation inside a page${without ? ' without the Navigation API' : ''}`, async () => {
    if (without)
      await page.addInitScript(() => { delete window.navigation; });
    await open();
    assert.equal(await page.evaluate(() => !window.navigation), without);
    await page.evaluate(() => history.pushState(0, '', '/a'));
    await waitLines(2, 'view');
    await page.evaluate(() => {
      history.pushState(0, '', '/b');
      history.replaceState(0, '', '/b?x=1');
      history.replaceState(0, '', '/c');
    });
    await waitLines(3, 'view');
    await page.evaluate(() => history.pushState(0, '', '/c#part'));
    await page.evaluate(() => {
      history.pushState(0, '', '/d');
      history.replaceState(0, '', '/c');
    });
    await settle();
    await page.evaluate(() => history.back());
    await page.waitForFunction(() => location.hash === '#part');
    await settle();
    await page.evaluate(() => { location.hash = 'other'; });
    await settle();
    await page.evaluate(() => history.go(-3));
    await waitLines(4, 'view');
    await settle();
    const views = lines('view');
    assert.deepEqual(views.map(view => [view.k, new URL(view.u).pathname]),
      [['load', '/'], ['spa', '/a'], ['spa', '/c'], ['spa', '/a']]);
    assert.equal(views[1].r, `${site.origin}/`);
    assert.equal(views[2].r, `${site.origin}/a`);
    assert.equal(new Set(views.map(view => view.v)).size, 4);
    // Each view that was left has its own report, and none another's.
    assert.deepEqual(lines('leave').map(leave => leave.v),
      views.slice(0, 3).map(view => view.v));
  });
}

for (const without of [false, true]) {
  test(`nothing of ours is thrown into a router${without ? ' without the Navigation API' : ''}`,
    async () => {
      if (without)
        await page.addInitScript(() => { delete window.navigation; });
      await open();
      assert.equal(await page.evaluate(() => !window.navigation), without);
      const found = await page.evaluate(async () => {
        const thrown = [], fail = () => { throw new Error('ours'); };
        for (const type of ['error', 'unhandledrejection'])
          addEventListener(type, e => thrown.push(`${type} ${e.message || e.reason}`));
        const go = (method, ...values) => {
          try {
            history[method](...values);
          } catch (error) {
            thrown.push(`${method} ${error.name} ${error.message}`.slice(0, 40));
          }
        };
        // Later, when it tells of the change; then at once, when it notices.
        const Params = window.URLSearchParams;
        go('pushState', { n: 1 }, '', '/a');
        window.URLSearchParams = fail;
        await new Promise(resolve => setTimeout(resolve, 100));
        window.URLSearchParams = Params;
        performance.now = fail;
        Object.defineProperty(document, 'scrollingElement', { get: fail });
        go('pushState', { n: 2 }, '', '/b');
        go('replaceState', { n: 3 }, '', '/c');
        const state = { ...history.state, path: location.pathname };
        go('pushState', 0, '', 'https://evil.example/');
        await new Promise(resolve => setTimeout(resolve, 100));
        return { thrown, state };
      });
      assert.deepEqual(found.state, { n: 3, path: '/c' });
      // What the browser itself has to say reaches the router.
      assert.equal(found.thrown.length, 1, `${found.thrown}`);
      assert.match(found.thrown[0], /^pushState SecurityError/);
      assertUnharmed();
    });
}

test('time inside a page belongs to the view that it was spent on', async () => {
  await open();
  await page.evaluate(() => new Promise(resolve => setTimeout(resolve, 400)));
  const go = to => page.evaluate(path => {
    const before = performance.now();
    history.pushState(0, '', path);
    return [before, performance.now()];
  }, to);
  const left = await go('/a');
  await page.evaluate(() => new Promise(resolve => setTimeout(resolve, 400)));
  const again = await go('/b');
  const [first, second] = await waitLines(2, 'leave');
  assert(first.w >= 399 && first.w <= left[1] + 1, `${first.w} ${left}`);
  assertBetween(second.w, left, again);
});

test('a view that is left at once is not lost', async () => {
  await open();
  await page.evaluate(() => {
    history.pushState(0, '', '/a');
    location.href = '/next';
  });
  await page.waitForURL(/next/);
  await waitLines(3, 'view');
  // The last one need not arrive last.
  assert.deepEqual(lines('view').map(view => new URL(view.u).pathname).sort(),
    ['/', '/a', '/next']);
});

test('the part behind # is told apart when asked for', async () => {
  put('/', tag('data-consent="measure" data-hash'));
  await open('/#one');
  await page.evaluate(() => { location.hash = 'two'; });
  const views = await waitLines(2, 'view');
  assert.deepEqual(views.map(view => view.u), [`${site.origin}/#one`, `${site.origin}/#two`]);
});

test('views by hand', async () => {
  put('/', tag('data-consent="measure" data-auto="off"'));
  await open();
  await page.evaluate(() => history.pushState(0, '', '/a'));
  await settle();
  assert.deepEqual(lines('view', 'leave'), []);
  await page.evaluate(() => window.waymark('page'));
  await waitLines(1, 'view');
  await page.evaluate(() => window.waymark('page'));
  const [first, second] = await waitLines(2, 'view');
  assert.deepEqual([first.k, second.k], ['load', 'spa']);
  assert.equal(lines('leave')[0].v, first.v);
});

test('a page that comes back from the cache is a view of its own', async () => {
  await open();
  await page.evaluate(() => {
    dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
  });
  const [first, second] = await waitLines(2, 'view');
  assert.deepEqual([first.k, second.k], ['load', 'bfcache']);
  assert.notEqual(first.v, second.v);
  assert.deepEqual((await waitLines(1, 'leave')).map(leave => leave.v), [first.v]);
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow')));
  await settle();
  assert.equal(lines('view').length, 2);
});

test('a prerendered page counts when it is shown', async () => {
  await page.addInitScript(() => Object.defineProperty(document, 'prerendering',
    { value: true, configurable: true }));
  put('/', `<script>${STUB};waymark('event','early')</script>${tag('data-consent="measure"')}`);
  await page.goto(site.origin, { waitUntil: 'load' });
  await page.evaluate(() => new Promise(resolve => setTimeout(resolve, 100)));
  assert.deepEqual(beacons, []);
  await page.evaluate(() => {
    Object.defineProperty(document, 'prerendering', { value: false, configurable: true });
    document.dispatchEvent(new Event('prerenderingchange'));
  });
  const [view, early] = await waitLines(2);
  assert.deepEqual([view.t, view.k, early.n], ['view', 'prerender', 'early']);
});

test('whatever one turn of the page says fits into beacons of 64 KiB, and arrives', async () => {
  await open();
  await waitLines(1, 'view');
  await page.evaluate(() => {
    for (let i = 0; i < 150; i++)
      window.waymark('event', 'big', { i, text: '日'.repeat(400) });
  });
  await waitLines(150, 'event');
  const numbers = lines('event').map(line => JSON.parse(line.p).i).sort((a, b) => a - b);
  assert.deepEqual(numbers, Array.from({ length: 150 }, (_, i) => i));
  assert.equal(JSON.parse(lines('event')[0].p).text, '日'.repeat(400));
  for (const beacon of beacons) {
    assert(beacon.bytes <= 65536, beacon.bytes);
    assert(beacon.lines.length <= 64, beacon.lines.length);
  }
  assertUnharmed();
});

test('outbound links and downloads', async () => {
  put('/', `${tag('data-consent="measure"')}
    <a id="in" href="/next">in</a> <a id="mail" href="mailto:a@example.com">mail</a>
    <a id="out" href="http://127.0.0.1:1/x?y=1"><b>out</b></a>
    <a id="ours" href="${tracker.origin}/l/spring">ours</a>
    <a id="file" href="/files/Prices.PDF?v=2">file</a> <a id="named" href="/x" download>named</a>
    <script>addEventListener('click', e => e.preventDefault());
    addEventListener('auxclick', e => e.preventDefault())</script>`);
  await open();
  for (const selector of ['#in', '#mail', '#out b', '#ours', '#file', '#named'])
    await page.click(selector);
  await page.click('#out', { button: 'right' });
  await page.click('#out', { button: 'middle' });
  await settle();
  assert.deepEqual(lines('event').map(line => [line.n, JSON.parse(line.p).url]), [
    ['outbound', 'http://127.0.0.1:1/x?y=1'], ['outbound', 'http://127.0.0.1:1/x?y=1']]);
  assert.deepEqual(lines('download').map(line => line.u),
    [`${site.origin}/files/Prices.PDF?v=2`, `${site.origin}/x`]);
});

test('a form of ours carries the id of the view, whichever way it is sent', async () => {
  put('/sent', 'sent');
  put('/', `${tag('data-consent="measure"')}
    <form id="ours" method="get" action="/sent" data-waymark="request">
      <input name="id" value="1"><input name="action" value="1"><button>send</button></form>
    <form id="plain" method="get" action="/sent"><input name="a" value="1"></form>
    <form id="hosted" method="post" action="${tracker.origin}/f/request"><input name="a"></form>`);
  const ways = [
    () => page.click('button'),
    () => page.evaluate(() => document.querySelector('#ours').requestSubmit()),
    () => page.evaluate(() => document.querySelector('#ours').submit()),
  ];
  for (const [index, way] of ways.entries()) {
    await open();
    await Promise.all([page.waitForURL(/sent/), way()]);
    const views = await waitLines(index + 1, 'view');
    const forms = await waitLines(index + 1, 'event');
    const sent = new URL(page.url()).searchParams.getAll('waymark-view');
    assert.deepEqual(sent, [views[index].v]);
    assert.deepEqual([forms[index].n, forms[index].f, forms[index].v],
      ['form', 'request', sent[0]]);
  }
  await open();
  await Promise.all([page.waitForURL(/sent/),
    page.evaluate(() => document.querySelector('#plain').submit())]);
  assert.equal(new URL(page.url()).search, '?a=1', 'forms of others are left alone');
  await open();
  const read = await page.evaluate(() => {
    const form = document.querySelector('#hosted');
    new FormData(form);
    return new FormData(form).getAll('waymark-view');
  });
  await settle();
  assert.deepEqual(read, [lines('view').pop().v]);
  assert.equal(lines('event').filter(line => line.f === 'hosted').length, 1);
  assert.equal(lines('event').length, 4);
});

test('prefill fills what is empty, where the framework hears it, with consent', async () => {
  const form = `<form id="f" data-waymark="request"><input name="company"><input name="name"
    value="mine"><input name="phone" type="tel"><input name="fax">
    <input name="secret" type="hidden"><input name="fixed" readonly><input name="off" disabled>
    <input name="pick" type="radio" value="a"><input name="pick" type="radio" value="b">
    <select name="size"><option value="">-<option>big
    </select></form><script>heard = [];
    f.addEventListener('input', e => heard.push(e.target.name));
    const own = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value');
    Object.defineProperty(f.company, 'value', { get() { return own.get.call(this); },
      set() { heard.push('own setter'); } })</script>`;
  answers.prefill = { company: 'Acme', name: 'theirs', size: 'big', absent: 'x', phone: '<b>',
    fax: '', secret: 'x', fixed: 'x', off: 'x', pick: 'a' };
  for (const consent of ['measure', 'identify']) {
    put('/', tag(`data-consent="${consent}"`) + form);
    await open();
    await page.evaluate(() => window.waymark('prefill', document.querySelector('form')));
    if (consent === 'measure') {
      await settle();
      assert.deepEqual(seen.filter(request => request.url.startsWith('/p/')), []);
    } else {
      await page.waitForFunction(() => document.querySelector('form').elements.company.value);
    }
  }
  assert.deepEqual(await page.evaluate(() => [...new FormData(document.querySelector('form'))]
    .filter(([name]) => name !== 'waymark-view')),
  [['company', 'Acme'], ['name', 'mine'], ['phone', '<b>'], ['fax', ''], ['secret', ''],
    ['fixed', ''], ['size', 'big']]);
  assert.deepEqual(await page.evaluate(() => window.heard), ['company', 'size', 'phone']);
  assert.equal(seen.filter(request => request.url === '/p/request').length, 1);
});

test('a hand-over leads where the tracker says, and there without it', async () => {
  const there = `${site.origin}/there?a=b&c`, by = `${site.origin}/by`;
  put('/there', '');
  put('/by', '');
  for (const [consent, answer, leads] of [
    ['identify', JSON.stringify({ url: by }), by], ['identify', '{"error":"no"}', there],
    ['identify', '<', there], ['identify', 'silent', there], ['measure', '', there],
    ['pending', '', there], ['denied', '', there]]) {
    answers.handover = answer;
    // It goes on without an answer after a second, which a busy machine may need to give one.
    put('/', `<script>if (${answer !== 'silent'}) {
      const soon = window.setTimeout;
      window.setTimeout = (call, ms, ...more) => soon(call, ms === 1000 ? 60000 : ms, ...more);
    }</script>${tag(`data-consent="${consent}"`)}`);
    await open();
    seen.length = 0;
    await page.evaluate(url => window.waymark('handover', url), there);
    await page.waitForURL(leads);
    const asked = seen.filter(request => request.url === '/h');
    const body = `${new URLSearchParams({ u: there })}`;
    assert.deepEqual(asked.map(request => [request.method, request.body, request.headers.origin]),
      consent === 'identify' ? [['POST', body, site.origin]] : []);
  }
  assertUnharmed();
});

test('a hand-over to what is no address leads nowhere, and throws nothing', async () => {
  for (const [consent, answer] of [['denied', ''], ['identify', '{"error":"no"}'],
    ['identify', '<'], ['identify', 'silent']]) {
    answers.handover = answer;
    put('/', tag(`data-consent="${consent}"`));
    await open();
    // This timer is behind the one that goes on without an answer.
    await page.evaluate(() => {
      window.waymark('handover', 'http://');
      return new Promise(done => setTimeout(done, 1000));
    });
    assert.equal(page.url(), `${site.origin}/`);
    assertUnharmed();
  }
});

test('login proofs go as they are, before and after the script is there', async () => {
  put('/', `<script>${STUB};waymark('identify','early')</script>${tag('data-consent="identify"')}`);
  await open();
  await page.evaluate(() => window.waymark.identify('later'));
  assert.deepEqual((await waitLines(2, 'identify')).map(line => line.l), ['early', 'later']);
});

test('each variant of the script has its own default', async () => {
  for (const consent of ['pending', 'denied', 'measure', 'identify']) {
    beacons.length = 0;
    put('/', tag('', `t.${consent}`));
    await open();
    await page.evaluate(() => window.waymark('event', 'x'));
    await page.goto(`${site.origin}/next`);
    await wait(() => lines('view').some(line => line.u === `${site.origin}/next`), 'the next view');
    const expected = consent === 'measure' || consent === 'identify' ?
      ['view', 'event', 'leave'] : [];
    const sent = () => lines().filter(line => line.u === `${site.origin}/`);
    await wait(() => sent().length >= expected.length, `${expected}`);
    assert.deepEqual(sent().sort((a, b) => a.s - b.s).map(line => line.t), expected);
  }
});

test('pending waits in memory, and goes with the choice', async () => {
  put('/', tag());
  await open();
  await page.evaluate(() => window.waymark('event', 'waiting'));
  await setVisible(false);
  await setVisible(true);
  assert.deepEqual(beacons, []);
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  await page.evaluate(() => window.waymark('consent', 'identify'));
  const [view, event, leave] = await waitLines(3);
  assert.deepEqual([view.t, event.n, leave.t, event.p], ['view', 'waiting', 'leave', '']);
  assert.equal(beacons[0].headers.cookie, 'wm=chosen', 'the choice is made before it is used');
  const [consent] = seen.filter(request => request.url === '/consent');
  assert.equal(consent.body, 'state=identify');
  assert.match(consent.headers['content-type'], /^application\/x-www-form-urlencoded/);
  assert.deepEqual(await page.evaluate(() => ({ ...localStorage })),
    { 'waymark-consent': 'identify' });
  assert.deepEqual(seen.filter(request => request.method === 'OPTIONS'), []);
  // The next page begins with it, and does not ask again.
  await open();
  await waitLines(2, 'view');
  await page.evaluate(() => window.waymark('consent', 'identify'));
  await settle();
  assert.equal(seen.filter(request => request.url === '/consent').length, 1);
});

test('nothing overtakes a choice that is on its way', async () => {
  answers.hold = '/consent';
  put('/', tag());
  await open();
  await page.evaluate(() => window.waymark('consent', 'measure'));
  await setVisible(false);
  await wait(() => seen.some(request => request.url === '/consent'), 'the choice');
  await settleChange();
  assert.deepEqual(beacons, []);
  release();
  await waitLines(2);
  assert.equal(beacons[0].headers.cookie, 'wm=chosen');
});

test('denied sends nothing, and remembers nothing of what was waiting', async () => {
  put('/', tag());
  await open();
  await page.evaluate(() => window.waymark('optout'));
  await wait(() => seen.find(request => request.body === 'state=denied'), 'the choice');
  await page.evaluate(() => window.waymark('event', 'unheard'));
  await open();
  await page.evaluate(() => window.waymark('event', 'unheard'));
  assert.equal(await page.evaluate(() => localStorage['waymark-consent']), 'denied');
  await page.evaluate(() => window.waymark('consent', 'measure'));
  const [view] = await waitLines(1);
  assert.deepEqual([view.t, view.k], ['view', 'load']);
  await settle();
  assert.deepEqual(lines('event'), []);
});

test('the privacy signal of the browser is a refusal', async () => {
  await page.addInitScript(() => Object.defineProperty(navigator, 'globalPrivacyControl',
    { value: true }));
  put('/', tag('data-consent="identify"'));
  await open();
  await page.evaluate(() => window.waymark('event', 'x'));
  put('/', tag('data-consent="identify" data-gpc="off"'));
  await open();
  await waitLines(1, 'view');
  assert.equal(lines('event').length, 0);
});

test('forget asks for it and sends nothing more', async () => {
  put('/', tag('data-consent="identify"'));
  await open();
  await waitLines(1, 'view');
  await page.evaluate(() => {
    window.waymark('consent', 'identify');
    window.waymark('forget');
    window.waymark('event', 'x');
  });
  const request = await wait(() => seen.find(one => one.url === '/privacy/forget'), 'forget');
  assert.equal(request.method, 'POST');
  await setVisible(false);
  await setVisible(true);
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  assert.deepEqual(lines('event'), []);
});

test('no cookie of script, no id in storage', async () => {
  await open();
  await settle();
  assert.deepEqual(await page.evaluate(() => [
    document.cookie, localStorage.length, sessionStorage.length]), ['', 0, 0]);
});

test('under a strict policy with Trusted Types, pinned by its hash', async () => {
  put('/', `<script nonce="n">${STUB};waymark('event','early')</script>` +
    tag(`data-consent="measure" nonce="n" integrity="${integrity('t.measure')}"`, 't.measure'), {
    'Content-Security-Policy': `default-src 'none'; script-src 'nonce-n' 'strict-dynamic'; ` +
      `connect-src ${tracker.origin}; require-trusted-types-for 'script'; trusted-types 'none'`,
  });
  await open();
  await waitLines(2);
  await page.evaluate(() => history.pushState(0, '', '/a'));
  await waitLines(2, 'view');
  assertUnharmed();
  assert.deepEqual(messages, []);
});

test('two names beside each other', async () => {
  put('/', tag('data-consent="measure"') + tag('data-consent="measure" data-name="second"'));
  await open();
  await page.waitForFunction(() => window.second && window.second.identify);
  await page.evaluate(() => window.second('event', 'x'));
  await waitLines(1, 'event');
  assert.equal((await waitLines(2, 'view')).length, 2);
});
