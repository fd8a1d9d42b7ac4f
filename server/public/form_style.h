/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_FORM_STYLE_H
#define WAYMARK_PUBLIC_FORM_STYLE_H

/*
 * How a form looks that has no style of its own: one column, labels above their fields, targets
 * large enough for a finger, 16 pixels in every field so that phones do not zoom, light or dark as
 * the reader's system is. In a frame it is as light and as wide as the site around it. A form's own
 * style comes behind this one and may override all of it; the variables do for most. Contrast is at
 * least 4.5 : 1, and 3 : 1 for the edges of fields, in both schemes.
 */
/* clang-format off */
#define FORM_STYLE                                                                                 \
	":root{color-scheme:light dark;--ink:#1b1f24;--soft:#545d68;--line:#d0d7de;--edge:#858f9a;"\
	"--back:#f4f6f8;--card:#fff;--tint:#eef4fb;--accent:#0b57a4;--on:#fff;--wrong:#b3261e;"    \
	"--wrong-tint:#fdf0ef;--radius:.5rem}"                                                     \
	"@media(prefers-color-scheme:dark){:root{--ink:#e6e9ed;--soft:#a6b0bb;--line:#3a424c;"     \
	"--edge:#77828e;--back:#0f1317;--card:#181d23;--tint:#1a2733;--accent:#7db8f5;"            \
	"--on:#0c1116;--wrong:#ff9d94;--wrong-tint:#2b1a19}}"                                      \
	".framed{color-scheme:light;--ink:#1b1f24;--soft:#545d68;--line:#d0d7de;--edge:#858f9a;"   \
	"--back:transparent;--card:transparent;--tint:#eef4fb;--accent:#0b57a4;--on:#fff;"         \
	"--wrong:#b3261e;--wrong-tint:#fdf0ef}"                                                    \
	"*{box-sizing:border-box}"                                                                 \
	"html{font:100%/1.6 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",sans-serif;" \
	"color:var(--ink);background:var(--back);-webkit-text-size-adjust:100%}"                   \
	":lang(ja){font-family:system-ui,-apple-system,\"Hiragino Sans\",\"Noto Sans JP\","        \
	"\"Noto Sans CJK JP\",\"Yu Gothic UI\",Meiryo,sans-serif;line-height:1.75;"                \
	"line-break:strict;word-break:auto-phrase;overflow-wrap:anywhere}"                         \
	"body{margin:0 auto;max-width:36rem;padding:1.5rem 1rem 4rem}"                             \
	".framed body{max-width:none;padding:.25rem}"                                              \
	"header{display:flex;gap:1rem;justify-content:space-between;align-items:baseline;"         \
	"color:var(--soft);font-size:.9375rem;margin:0 .25rem .75rem}header p{margin:0;"           \
	"overflow-wrap:anywhere}"                                                                  \
	"main{background:var(--card);border:1px solid var(--line);border-radius:.75rem;"           \
	"padding:1.75rem 1.75rem 2rem}.framed main{border:0;border-radius:0;padding:0}"            \
	"@media(max-width:30rem){main{padding:1.25rem 1rem 1.5rem}}"                               \
	"h1{font-size:1.5rem;line-height:1.35;margin:0 0 1.25rem;text-wrap:balance}"               \
	"h2{font-size:1.0625rem;line-height:1.5;margin:0}"                                         \
	"p{margin:.75rem 0;text-wrap:pretty}a{color:var(--accent);text-underline-offset:.15em}"    \
	".field{margin:1.25rem 0 0;border:0;padding:0;min-width:0}"                                \
	"label,legend{display:flex;gap:.5rem;align-items:baseline;flex-wrap:wrap;font-weight:600;" \
	"margin:0 0 .375rem;padding:0}"                                                            \
	".mark{font-size:.8125rem;font-weight:400;color:var(--soft)}"                              \
	".need{font-size:.75rem;line-height:1.5;padding:0 .4375rem;border-radius:.25rem;"          \
	"background:var(--tint);color:var(--accent);box-shadow:inset 0 0 0 1px currentColor}"      \
	".hint{margin:0 0 .375rem;font-size:.9375rem;color:var(--soft)}"                           \
	"input,select,textarea{font:inherit;font-size:1rem;color:inherit;width:100%;"              \
	"min-height:2.75rem;padding:.5rem .75rem;border:1px solid var(--edge);"                    \
	"border-radius:var(--radius);background-color:var(--card)}"                                      \
	".framed input,.framed select,.framed textarea{background-color:#fff}"                     \
	"textarea{min-height:8.5rem;resize:vertical;field-sizing:content;max-height:30rem}"        \
	".pick{display:flex;gap:.625rem;align-items:center;font-weight:400;min-height:2.5rem;"     \
	"margin:0;cursor:pointer}.pick input{width:1.25rem;height:1.25rem;min-height:0;margin:0;"  \
	"padding:0;flex:none;accent-color:var(--accent)}"                                          \
	"select{appearance:none;padding-right:2.25rem;background-repeat:no-repeat;"                \
	"background-image:linear-gradient(45deg,transparent 50%,var(--soft) 50%),"                 \
	"linear-gradient(135deg,var(--soft) 50%,transparent 50%);background-size:.3125rem .3125rem;" \
	"background-position:right 1.0625rem center,right .75rem center}"                           \
	"input[aria-invalid],select[aria-invalid],textarea[aria-invalid]"                          \
	"{border-color:var(--wrong);box-shadow:inset 0 0 0 1px var(--wrong)}"                      \
	".wrong{margin:.375rem 0 0;color:var(--wrong);font-size:.9375rem;font-weight:600}"         \
	".note,.trouble{border-left:.25rem solid var(--accent);background:var(--tint);"            \
	"border-radius:0 var(--radius) var(--radius) 0;padding:.75rem 1rem;margin:0 0 1.25rem}"    \
	".note p{margin:0}.note form{margin:.5rem 0 0}"                                            \
	".trouble{border-color:var(--wrong);background:var(--wrong-tint)}.trouble p{margin:.25rem 0}"\
	".trouble ul{margin:.25rem 0 0;padding:0 0 0 1.25rem}.trouble a{color:var(--wrong)}"       \
	"button{font:inherit;font-size:1rem;font-weight:600;min-height:2.75rem;margin:1.75rem 0 0;"\
	"padding:.5rem 1.75rem;border:1px solid var(--accent);border-radius:var(--radius);"        \
	"background:var(--accent);color:var(--on);cursor:pointer}"                                 \
	"@media(max-width:30rem){.send{width:100%}}"                                               \
	"button.quiet{min-height:2.25rem;margin:0;padding:.25rem 0;border:0;background:none;"      \
	"color:var(--accent);font-size:.9375rem;text-decoration:underline;"                        \
	"text-underline-offset:.15em}"                                                             \
	":focus-visible{outline:3px solid var(--accent);outline-offset:2px}"                       \
	".trouble:focus{outline:0}"                                                                \
	"footer{color:var(--soft);font-size:.875rem;margin:1.5rem .25rem 0}footer a{color:inherit}"\
	".off{position:absolute;left:-200vw;width:1px;height:1px;overflow:hidden}"                 \
	"@media print{header nav,button,footer{display:none}}"
/* clang-format on */

#endif
