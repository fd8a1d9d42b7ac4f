// SPDX-License-Identifier: Apache-2.0
//
// An optional consent banner: asks once, hands the answer to the snippet, and gets out of the way.
// Attributes of its tag: data-offer (what may be allowed: "measure identify"), data-text,
// data-title, data-lang, data-name, data-host, data-gpc. An element with data-waymark-banner opens
// it again.
//
// Every answer is one press of a button, and all buttons are alike. It takes no focus by itself and
// blocks nothing; it stands first in the page, so that the keyboard and screen readers meet it
// first, and what is focused behind it is scrolled clear of it. Its style is a constructed sheet in
// a shadow root: a strict policy allows it, and the site's own style and it leave each other alone.
((tag, data) => {
  const doc = document;
  const name = data.name || 'waymark';
  const host = data.host || new URL(tag.src).origin;
  const offer = (data.offer || 'measure identify').split(' ');
  const texts = {
    en: {
      title: 'May we measure your visit?',
      text: 'With your permission we count how our pages are read, and may recognise you when ' +
        'you come from one of our mails. You can change your answer at any time.',
      identify: 'Measure and recognise me',
      measure: 'Measure only',
      denied: 'Refuse',
      more: 'What is collected, for whom and why',
      now: 'Your answer until now: ',
      signal: 'Your browser asks sites not to track you (Global Privacy Control). We follow it.',
      close: 'Close',
    },
    ja: {
      title: '訪問の計測にご協力いただけますか',
      text: '許可をいただいた場合、ページの閲覧状況を計測し、' +
        'メールからお越しの方を識別することがあります。ご回答はいつでも変更できます。',
      identify: '計測と識別を許可する',
      measure: '計測のみ許可する',
      denied: '許可しない',
      more: '取得する情報、提供先、利用目的',
      now: '現在のご回答：',
      signal: 'お使いのブラウザーは追跡の拒否（Global Privacy Control）を求めています。' +
        '当サイトはこれに従います。',
      close: '閉じる',
    },
  };
  const asked = data.lang || doc.documentElement.lang || navigator.language;
  const lang = /^ja/i.test(asked) ? 'ja' : 'en';
  const say = texts[lang];
  const refused = navigator.globalPrivacyControl && data.gpc !== 'off';
  let frame = null, opener = null;

  const stored = () => {
    try {
      return localStorage.getItem('waymark-consent');
    } catch (error) {
      return null;
    }
  };

  const make = (kind, attributes, ...children) => {
    const element = doc.createElement(kind);
    for (const attribute in attributes)
      element.setAttribute(attribute, attributes[attribute]);
    element.append(...children);
    return element;
  };

  const style = root => {
    if (!('adoptedStyleSheets' in root))
      return;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(':host{all:initial;position:fixed;inset:auto 0 0;z-index:2147483647}' +
      'section{box-sizing:border-box;max-height:100vh;overflow:auto;padding:1rem;color:#1a1a1a;' +
      'background:#fff;border-top:2px solid #1a1a1a;font:1rem/1.5 system-ui,sans-serif}' +
      'div{max-width:60rem;margin:auto}h2{font-size:1.125rem;margin:0}p{margin:.5rem 0}' +
      'button{font:inherit;min-height:2.75rem;min-width:2.75rem;margin:.25rem .5rem .25rem 0;' +
      'padding:.25rem 1rem;color:#fff;background:#1a1a1a;border:2px solid #1a1a1a;' +
      'border-radius:.25rem;cursor:pointer}a{color:inherit}' +
      ':focus-visible{outline:3px solid #1565c0;outline-offset:2px}' +
      '@media(prefers-color-scheme:dark){section{color:#f2f2f2;background:#1a1a1a;' +
      'border-color:#f2f2f2}button{color:#1a1a1a;background:#f2f2f2;border-color:#f2f2f2}' +
      ':focus-visible{outline-color:#90caf9}}@media print{:host{display:none}}');
    root.adoptedStyleSheets = [sheet];
  };

  const close = () => {
    doc.documentElement.style.scrollPaddingBottom = '';
    frame.remove();
    frame = null;
    if (opener)
      opener.focus();
    opener = null;
  };

  const answer = state => {
    if (!window[name])
      window[name] = function () {
        (window[name].q = window[name].q || []).push(arguments);
      };
    window[name]('consent', state);
    close();
  };

  const button = (text, press) => {
    const element = make('button', { type: 'button' }, text);
    element.addEventListener('click', press);
    return element;
  };

  // Only who has asked for it again may close it without an answer.
  const buttons = () => [
    ...refused ? [] : ['identify', 'measure', 'denied']
      .filter(state => state === 'denied' || offer.includes(state))
      .map(state => button(say[state], () => answer(state))),
    ...opener ? [button(say.close, close)] : [],
  ];

  const open = () => {
    const choice = say[stored()];
    const title = make('h2', { id: 'title', tabindex: -1 }, data.title || say.title);
    frame = make('waymark-banner', {});
    const root = frame.attachShadow({ mode: 'open' });
    style(root);
    root.append(make('section', { 'aria-labelledby': 'title', lang },
      make('div', {}, title,
        make('p', {}, refused ? say.signal : data.text || say.text),
        ...choice && !refused ? [make('p', {}, say.now + choice)] : [],
        make('div', {}, ...buttons()),
        make('p', {}, make('a', { href: host + '/privacy' }, say.more)))));
    frame.addEventListener('keydown', event => {
      if (event.key === 'Escape' && opener)
        close();
    });
    doc.body.prepend(frame);
    // What is focused or jumped to behind the banner stays in sight.
    doc.documentElement.style.scrollPaddingBottom = `${frame.offsetHeight}px`;
    if (opener)
      title.focus();
  };

  const start = () => {
    if (!/^(denied|measure|identify)$/.test(stored()) && !refused)
      open();
    doc.addEventListener('click', event => {
      const element = event.target.closest && event.target.closest('[data-waymark-banner]');
      if (element && !frame) {
        event.preventDefault();
        opener = element;
        open();
      }
    });
  };

  if (doc.readyState === 'loading')
    doc.addEventListener('DOMContentLoaded', start);
  else
    start();
})(document.currentScript, document.currentScript.dataset);
