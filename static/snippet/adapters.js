// SPDX-License-Identifier: Apache-2.0
//
// What only some sites need, beside the core and by a tag of its own: the visitor's answer to a
// consent tool, handed on as waymark('consent', …), and a look at what is sent. Attributes of the
// tag say which: data-tcf, data-gcm, data-debug. deploy/guides/site.md has the mapping.
//
// Only an answer that the visitor gave is handed on. What a tool assumes before that, or assumes
// for a region, is not a choice: the tracker's own default holds until there is one.
((tag, data) => {
  const name = data.name || 'waymark';
  const host = data.host || new URL(tag.src).origin;
  const call = (...values) => {
    if (!window[name])
      window[name] = function () {
        (window[name].q = window[name].q || []).push(arguments);
      };
    window[name](...values);
  };
  const choose = (mayMeasure, mayIdentify) =>
    call('consent', mayMeasure ? mayIdentify ? 'identify' : 'measure' : 'denied');

  // Calls @found once @find returns something, for the tools that are loaded after us.
  const whenThere = (find, found, triesLeft = 100) => {
    const value = find();
    if (value)
      found(value);
    else if (triesLeft > 0)
      setTimeout(whenThere, 100, find, found, triesLeft - 1);
  };

  // IAB TCF v2.3. Purpose 1 is asked for of everybody; the others of what the visitor allowed the
  // publisher, since the tracker is the site's own and on no list of vendors.
  const tcf = () => {
    const numbers = (text, otherwise) => (text || otherwise).split(/[ ,]+/).filter(Boolean);
    const measure = numbers(data.measure, '8');
    const identify = numbers(data.identify, '3');
    whenThere(() => window.__tcfapi, api => api('addEventListener', 2, (answer, isGood) => {
      if (!isGood || answer.gdprApplies === false ||
          !/^(tcloaded|useractioncomplete)$/.test(answer.eventStatus))
        return;
      const purposes = answer.purpose && answer.purpose.consents || {};
      const publisher = data.tcf === 'purpose' ? purposes :
        answer.publisher && answer.publisher.consents || {};
      const allows = wanted => wanted.every(number => publisher[number] === true);
      choose(purposes[1] === true && allows(measure), allows(identify));
    }));
  };

  // Google Consent Mode v2: gtag('consent', 'update', {…}) puts its arguments on the data layer.
  const gcm = () => {
    const layer = window[data.gcm || 'dataLayer'] = window[data.gcm || 'dataLayer'] || [];
    const known = {};
    const isAnswer = entry => {
      if (!entry || entry[0] !== 'consent' || !entry[2] || entry[2].region)
        return false;
      Object.assign(known, entry[2]);
      return entry[1] === 'update' && 'analytics_storage' in known;
    };
    const look = entries => {
      if (entries.filter(isAnswer).length > 0)
        choose(known.analytics_storage === 'granted', known.ad_user_data === 'granted');
    };
    const push = layer.push;
    layer.push = function (...entries) {
      const result = push.apply(this, entries);
      look(entries);
      return result;
    };
    look(layer.slice()); // what is there already counts as one answer
  };

  // Every line as it goes, and what keeps lines from going.
  const debug = () => {
    const say = (...values) => console.info('[waymark]', ...values);
    const warn = (...values) => console.warn('[waymark]', ...values);
    const show = (url, body) => {
      const route = String(url).slice(host.length);
      if (route !== '/e')
        say(route, String(body || ''));
      else
        for (const line of String(body).split('\n'))
          say(new URLSearchParams(line).get('t'), Object.fromEntries(new URLSearchParams(line)));
    };
    const isOurs = url => String(url).startsWith(host + '/');
    const beacon = navigator.sendBeacon;
    const fetchOriginal = window.fetch;
    if (beacon)
      navigator.sendBeacon = function (url, body) {
        if (isOurs(url))
          show(url, body);
        return beacon.call(navigator, url, body);
      };
    window.fetch = function (url, options) {
      const answer = fetchOriginal.apply(this, arguments);
      if (isOurs(url)) {
        show(url, options && options.body);
        answer.catch(error => warn(`${url} could not be reached:`, error));
      }
      return answer;
    };
    const said = new Set();
    const warnOfPolicy = (blocked, directive, policy) => {
      const rule = directive + ' ' + blocked;
      if ((isOurs(blocked) || blocked === host) && !said.has(rule))
        warn(`the page's policy blocks ${blocked}: it needs ${directive} ${host} (${policy})`);
      said.add(rule);
    };
    addEventListener('securitypolicyviolation', event =>
      warnOfPolicy(event.blockedURI, event.effectiveDirective, event.originalPolicy));
    // Also tells what was blocked before this script ran, where a browser knows it.
    if (window.ReportingObserver)
      new ReportingObserver(reports => reports.forEach(({ body }) =>
        warnOfPolicy(body.blockedURL, body.effectiveDirective, body.originalPolicy)), {
        types: ['csp-violation'], buffered: true,
      }).observe();

    const commands = ['page', 'event', 'search', 'identify', 'consent', 'optout', 'forget',
      'prefill'];
    const states = ['pending', 'denied', 'measure', 'identify'];
    const judge = (command, first, second) => {
      if (!commands.includes(command))
        warn(`there is no command ${JSON.stringify(command)}; there are ${commands.join(', ')}`);
      if (command === 'consent' && !states.includes(first))
        warn(`there is no consent ${JSON.stringify(first)}; there are ${states.join(', ')}`);
      if (command === 'event') {
        if (typeof first !== 'string' || !first)
          warn('an event needs a name');
        try {
          if ((JSON.stringify(second) || '').length > 4096)
            warn(`the properties of ${first} are over 4,096 characters and will be refused`);
        } catch (error) {
          warn(`the properties of ${first} cannot be written as JSON:`, error);
        }
      }
    };
    const isLoaded = () => window[name] && window[name].identify && window[name];
    const report = api => {
      const wrapped = (...values) => {
        judge(...values);
        return api(...values);
      };
      wrapped.identify = api.identify;
      window[name] = wrapped;
      say('loaded from', host);
    };
    whenThere(isLoaded, report);
    setTimeout(() => {
      if (!isLoaded())
        warn(`the snippet did not load from ${host}: blocked, or not in this page`);
    }, 10000);
    const own = document.querySelector(`script[src^="${host}/t.js"]`);
    if (own && own.crossOrigin !== 'anonymous')
      warn('the tag of t.js lacks crossorigin="anonymous": loading it sends cookies');
    if (navigator.globalPrivacyControl)
      warn('this browser sends Global Privacy Control: nothing is sent');
    let stored = null;
    try {
      stored = localStorage.getItem('waymark-consent');
    } catch (error) {
      warn('this page has no localStorage: a choice of consent lasts for the page', error);
    }
    say('consent stored here:', stored);
  };

  if ('debug' in data)
    debug();
  if ('tcf' in data)
    tcf();
  if ('gcm' in data)
    gcm();
})(document.currentScript, document.currentScript.dataset);
