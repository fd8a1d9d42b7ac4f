// SPDX-License-Identifier: Apache-2.0
//
// The snippet's core: page views, dwell, events, consent. deploy/guides/site.md describes the tag,
// the commands and the lines that it sends. What holds:
//
// It harms no page. It throws into nothing, injects nothing, needs no eval, no inline code and no
// second request; a page that it cannot be loaded into works as before, and so does one that loads
// it as a module, where no tag says which tracker is meant. It writes no cookie and
// stores no id: localStorage holds the visitor's choice of consent and nothing else. It judges no
// visitor: whether somebody is a machine is for the server to say.
//
// Visible time counts while the page is visible, and no longer. It is reported whenever the page is
// hidden, as a sum since the view began, so that the last report is the true one and none that is
// lost does harm. Nothing is sent while consent is pending or denied; what happens while it is
// pending waits here and goes when the visitor allows it. What is remembered of a choice only says
// whether to send: whether to keep it is judged by the tracker's cookie, which may be gone since.
//
// DEFAULT_CONSENT is put in by the build, which makes one variant for each value.
document.currentScript && ((doc, data, origin) => {
  const name = data.name || 'waymark';
  const early = window[name];
  const host = data.host || origin;
  const storageKey = 'waymark-consent';
  const downloads = new RegExp('\\.(7z|apk|csv|dmg|docx?|epub|exe|gz|key|m4a|mov|mp[34]|msi|' +
    'od[pst]|pdf|pkg|pptx?|rar|rtf|txt|wav|xlsx?|zip)$', 'i');
  const refused = navigator.globalPrivacyControl && data.gpc != 'off';
  let choice = '', state;
  let choosing = 0; // answers of /consent that are on their way
  let waiting = false; // for the answer to the first beacon
  let flying = 0; // bytes on their way; 64 KiB of them may outlive the page
  let isFirst = true;
  let lines = [];
  // Of the view that is on: its id, how it began, its address, the number of its next line, and
  // what its next report says. @since: when it was last found visible; 0: it is hidden.
  let id, began, url, since, visibleMs, depth, input, form;
  let serial = 0;
  let changed = 0; // when the address became one that is not yet a view; 0: it is a view's

  const quietly = call => (...values) => {
    try {
      return call(...values);
    } catch (error) { /* The page has nothing to do with what goes wrong here. */ }
  };
  const on = (type, call) =>
    addEventListener(type, quietly(call), { capture: true, passive: true });
  const now = () => changed || performance.now();
  const address = () => 'hash' in data ? location.href : location.href.split('#')[0];

  // What is posted is not read, if @mode does not say so. No answer, for whatever reason, is
  // undefined. The Fetch standard makes the Origin of a beacon null where the page's referrer
  // policy is no-referrer or same-origin; a request may have a policy of its own.
  const ask = (path, body, mode = body ? 'no-cors' : 'cors') => {
    const size = `${body}`.length;
    flying += size;
    return fetch(host + path, {
      method: body ? 'POST' : 'GET', mode, body,
      credentials: 'include', referrerPolicy: 'origin', keepalive: flying < 65536,
    }).catch(() => {}).then(answer => {
      flying -= size;
      return answer;
    });
  };

  // The first beacon may bring the visitor's cookie, and the next ones wait for it, else each would
  // be another visitor's. A page that goes away cannot wait: what it still says then has a number
  // above 0, and the tracker makes no visitor of it. The cookie of a choice is waited for
  // in any case: a beacon beside it would bring another one, without the choice.
  const flush = quietly(isLast => {
    while ((state == 'measure' || state == 'identify') && lines[0] && !choosing &&
        (isLast || !waiting)) {
      let body = lines.shift();
      for (let count = 1; count < 64 && lines[0] && (body + lines[0]).length < 65500; count++)
        body += '\n' + lines.shift();
      if (isLast && !('keepalive' in Request.prototype))
        navigator.sendBeacon(host + '/e', body); // Firefox before 133
      else {
        waiting = isFirst;
        ask('/e', body).then(() => {
          waiting = false;
          flush();
        });
      }
      isFirst = false;
    }
  });

  const line = (t, fields) => {
    if (state != 'denied' && lines.length < 256) {
      lines.push(new URLSearchParams(
        Object.assign({ t, v: id, s: serial++, u: url }, fields)).toString());
      // What one turn of the page's code says goes in one beacon.
      Promise.resolve().then(() => flush());
    }
  };

  const event = (n, props, more) =>
    line('event', Object.assign({ n, p: props ? JSON.stringify(props) : '' }, more));

  // An address that has just changed may show the next page already: depth is taken before.
  const measure = () => {
    if (!changed)
      depth = Math.max(depth, Math.min(100, Math.round((scrollY + innerHeight) /
        (doc.scrollingElement || doc.documentElement).scrollHeight * 100) || 0));
  };

  const look = () => {
    since = doc.visibilityState == 'visible' ? now() : 0;
  };

  const leave = () => {
    if (since && began) {
      measure();
      visibleMs += now() - since;
      line('leave', { w: Math.round(visibleMs), d: depth, i: +input });
    }
  };

  const view = kind => {
    const referrer = kind == 'spa' ? url : doc.referrer;
    id = crypto.getRandomValues(new Uint32Array(2)).reduce(
      (text, word) => text + word.toString(16).padStart(8, 0), '');
    began = kind;
    url = address();
    serial *= waiting; // 0, or on from the lines that it is the answer to that is waited for
    visibleMs = depth = 0;
    input = form = false;
    look();
    if (kind)
      line('view', { k: kind, r: referrer });
  };

  const turn = () => {
    if (changed && address() != url) {
      leave();
      view('spa');
    }
    changed = 0;
  };

  // One view for what a router does in several steps; it begins with the first of them.
  // A page's router may be what calls it.
  const change = quietly(() => {
    if (!changed && address() != url) {
      measure();
      changed = now();
      setTimeout(quietly(turn), 50);
    }
  });

  const hide = () => {
    turn();
    leave();
    since = 0;
    flush(true);
  };

  const choose = value => {
    choice = value;
    state = refused ? 'denied' : value;
    quietly(() => value ? localStorage.setItem(storageKey, value) :
      localStorage.removeItem(storageKey))();
  };

  const nameOf = element =>
    element.getAttribute('data-waymark') || element.getAttribute('id') || '';

  // What the visitor could fill in as well: nothing hidden, read-only or disabled.
  const fill = (elements, values) => {
    for (const field in values) {
      const control = elements[field];
      if (control && control.willValidate && !control.value && values[field]) {
        // The prototype's setter: frameworks put their own on the element, and listen.
        Object.getOwnPropertyDescriptor(Object.getPrototypeOf(control), 'value')
          .set.call(control, values[field]);
        for (const type of ['input', 'change'])
          control.dispatchEvent(new Event(type, { bubbles: true }));
      }
    }
  };

  const commands = {
    event,
    page() {
      leave();
      view(began ? 'spa' : 'load');
    },
    search: q => line('search', { q }),
    identify: l => line('identify', { l }),
    consent(value) {
      if (value != choice) {
        const unseen = state == 'denied';
        choose(value);
        if (value == 'denied')
          lines = [];
        else if (unseen)
          view(began);
        choosing++;
        ask('/consent', new URLSearchParams({ state: value })).then(() => {
          choosing--;
          flush();
        });
      }
    },
    optout: () => commands.consent('denied'),
    forget() {
      choose('');
      lines = [];
      ask('/privacy/forget', new URLSearchParams());
    },
    // To a page of a site of another tracker, which knows the visitor then; at once where nobody is
    // to be known, and after a second in any case.
    handover(u) {
      const go = quietly(page => {
        if (u) {
          u = 0;
          location = page;
        }
      });
      setTimeout(go, 1000, u);
      if (state == 'identify')
        ask('/h', new URLSearchParams({ u }), 'cors').then(answer => answer.json())
          .then(answer => go(answer.url || u)).catch(() => go(u));
      else
        go(u);
    },
    prefill(element) {
      if (state == 'identify')
        ask('/p/' + nameOf(element)).then(answer => answer.ok && answer.json())
          .then(values => fill(element.elements, values)).catch(() => {});
    },
  };

  const start = kind => {
    const api = quietly((command, ...values) => commands[command](...values));
    quietly(() => {
      choice = localStorage.getItem(storageKey) || '';
    })();
    state = refused ? 'denied' : choice || data.consent || DEFAULT_CONSENT;
    api.identify = proof => api('identify', proof);
    window[name] = api;
    view(data.auto == 'off' ? '' : kind);
    for (const values of early && early.q || [])
      api(...values);

    if (data.auto != 'off') {
      if (window.navigation)
        navigation.addEventListener('currententrychange', change);
      else {
        on('popstate', change);
        for (const method of ['pushState', 'replaceState']) {
          const original = history[method];
          history[method] = function () {
            original.apply(history, arguments);
            change();
          };
        }
      }
    }
    on('pageshow', e => e.persisted && began && view('bfcache'));
    on('pagehide', hide);
    on('visibilitychange', () => {
      hide();
      look();
    });
    on('scroll', measure);
    for (const type of ['pointerdown', 'keydown', 'wheel'])
      on(type, e => {
        input = input || e.isTrusted;
      });
    for (const type of ['click', 'auxclick'])
      on(type, e => {
        const link = e.composedPath()[0].closest('a[href],area[href]');
        if (link && e.button < 2 && /^http/.test(link.protocol)) {
          if (link.hasAttribute('download') || downloads.test(link.pathname))
            line('download', { u: link.href });
          else if (link.host != location.host && link.origin != host)
            event('outbound', { url: link.href });
        }
      });
    // A browser may ask twice for what a form sends, and a page at any time.
    on('formdata', e => {
      if (e.target.matches('[data-waymark],[action^="' + host + '/"]')) {
        e.formData.set('waymark-view', id);
        if (form != e.target)
          event('form', 0, { f: nameOf(form = e.target) });
      }
    });
  };

  if (!early || !early.identify)
    if (doc.prerendering)
      doc.addEventListener('prerenderingchange', () => start('prerender'), { once: true });
    else
      start('load');
})(document, document.currentScript.dataset, new URL(document.currentScript.src).origin);
