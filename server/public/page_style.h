/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_PAGE_STYLE_H
#define WAYMARK_PUBLIC_PAGE_STYLE_H

/*
 * How our own pages look: the reader's fonts and colours (light or dark), a measure that reads well
 * in both languages, Japanese line breaking, targets large enough for a finger, and nothing that is
 * fetched. Contrast is at least 4.5 : 1 in both schemes.
 */
/* clang-format off */
#define PAGE_STYLE                                                                                 \
	":root{color-scheme:light dark;--ink:#1b1f24;--soft:#545d68;--line:#d0d7de;--back:#fff;"   \
	"--tint:#f4f6f8;--accent:#0b57a4;--on:#fff}"                                               \
	"@media(prefers-color-scheme:dark){:root{--ink:#e6e9ed;--soft:#a6b0bb;--line:#3a424c;"     \
	"--back:#14181d;--tint:#1d232a;--accent:#7db8f5;--on:#0c1116}}"                            \
	"*{box-sizing:border-box}"                                                                 \
	"html{font:100%/1.65 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",sans-serif;" \
	"color:var(--ink);background:var(--back);-webkit-text-size-adjust:100%}"                   \
	":lang(ja){font-family:system-ui,-apple-system,\"Hiragino Sans\",\"Noto Sans JP\","        \
	"\"Noto Sans CJK JP\",\"Yu Gothic UI\",Meiryo,sans-serif;line-height:1.85;"                \
	"line-break:strict;word-break:auto-phrase;overflow-wrap:anywhere;text-spacing-trim:trim-start}" \
	"body{margin:0 auto;max-width:46rem;padding:1.5rem 1.25rem 4rem}"                          \
	"header{display:flex;gap:1rem;justify-content:space-between;align-items:baseline;"         \
	"color:var(--soft)}header p{margin:0;overflow-wrap:anywhere}"                              \
	"h1{font-size:1.75rem;line-height:1.3;margin:1.5rem 0 .75rem;text-wrap:balance}"           \
	"h2{font-size:1.2rem;line-height:1.4;margin:2.75rem 0 .75rem}"                             \
	"p,ul{margin:.75rem 0}p{text-wrap:pretty}.lead{font-size:1.0625rem}"                       \
	".soft,small{color:var(--soft)}small{display:block;font-size:.9rem;line-height:1.6}"       \
	"a{color:var(--accent);text-underline-offset:.15em}"                                       \
	".done{border-left:.25rem solid var(--accent);background:var(--tint);padding:.75rem 1rem}" \
	"fieldset{border:0;margin:1rem 0;padding:0}legend{padding:0;font-weight:600}"              \
	"label{display:grid;grid-template-columns:1.5rem 1fr;gap:0 .5rem;align-items:start;"       \
	"border:1px solid var(--line);border-radius:.5rem;margin:.5rem 0;padding:.75rem 1rem;"     \
	"cursor:pointer}label:has(:checked){border-color:var(--accent);background:var(--tint)}"    \
	"label span{font-weight:600}label small{grid-column:2}"                                    \
	"input{margin:.4em 0 0;width:1.1rem;height:1.1rem;accent-color:var(--accent)}"             \
	"button{font:inherit;font-weight:600;min-height:2.75rem;padding:.5rem 1.25rem;"            \
	"border:1px solid var(--accent);border-radius:.5rem;background:var(--accent);"             \
	"color:var(--on);cursor:pointer}"                                                          \
	"button.quiet{background:none;color:var(--accent)}"                                        \
	":focus-visible{outline:3px solid var(--accent);outline-offset:2px}"                       \
	".wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9375rem;"      \
	"line-height:1.6}th,td{border-bottom:1px solid var(--line);padding:.6rem .75rem .6rem 0;"  \
	"text-align:left;vertical-align:top}thead th{color:var(--soft);font-weight:600}"           \
	"tbody th{font-weight:400;min-width:11em}td{min-width:7em}.items tbody th{width:58%}"      \
	"@media print{form,nav{display:none}body{max-width:none}}"
/* clang-format on */

#endif
