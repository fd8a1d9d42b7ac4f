/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_REPORT_STYLE_H
#define WAYMARK_SUMMARY_REPORT_STYLE_H

/*
 * How the page of a report looks: light or dark as its reader's system is, wide or narrow, on
 * paper. Nothing is fetched. Text has a contrast of at least 4.5 : 1 and the colours of charts of
 * 3 : 1 in both schemes; people and machines are blue and orange, which also those can tell apart
 * who see no difference between red and green.
 *
 * The page allows this one style by its hash and no style attributes, so charts are sized by the
 * attributes of SVG.
 */
/* clang-format off */
#define REPORT_STYLE                                                                               \
	":root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606b;--line:#d8dee5;--back:#fff;"   \
	"--tint:#f5f7f9;--card:#fff;--accent:#0b57a4;--human:#1f6fc4;--light:#8fb9e6;"             \
	"--unknown:#7d8894;--pending:#aab3bd;--machine:#c2570c;--good:#1a7f4b;--bad:#b3261e}"      \
	"@media(prefers-color-scheme:dark){:root{--ink:#e6e9ed;--soft:#a3adb8;--line:#343c46;"     \
	"--back:#12161b;--tint:#1a2027;--card:#181d24;--accent:#7db8f5;--human:#5fa8ef;"           \
	"--light:#2f5f93;--unknown:#8b96a2;--pending:#5c6773;--machine:#f0924a;--good:#5fd398;"    \
	"--bad:#ff8a80}}"                                                                          \
	"*{box-sizing:border-box}"                                                                 \
	"html{font:100%/1.55 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",sans-serif;" \
	"color:var(--ink);background:var(--back);-webkit-text-size-adjust:100%;"                   \
	"scroll-padding-top:1rem}"                                                                 \
	":lang(ja){font-family:system-ui,-apple-system,\"Hiragino Sans\",\"Noto Sans JP\","        \
	"\"Noto Sans CJK JP\",\"Yu Gothic UI\",Meiryo,sans-serif;line-height:1.7;line-break:strict;" \
	"word-break:auto-phrase;text-spacing-trim:trim-start}"                                     \
	"body{margin:0 auto;max-width:76rem;padding:2rem 1.5rem 4rem}"                             \
	"h1{font-size:2rem;line-height:1.25;margin:.25rem 0;letter-spacing:-.01em}"                \
	"h2{font-size:1.35rem;line-height:1.35;margin:0 0 .25rem}"                                 \
	"p{margin:.5rem 0;max-width:48rem;text-wrap:pretty}"                                       \
	"a{color:var(--accent);text-underline-offset:.15em}"                                       \
	":focus-visible{outline:3px solid var(--accent);outline-offset:2px}"                       \
	".skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--back);" \
	"padding:.5rem 1rem;z-index:1}"                                                            \
	".soft,small{color:var(--soft)}small{font-size:.85rem}"                                    \
	".site{color:var(--soft);margin:0;overflow-wrap:anywhere}"                                 \
	".period{font-size:1.125rem;margin:.25rem 0}"                                              \
	"nav ul{display:flex;flex-wrap:wrap;gap:.5rem;list-style:none;margin:1.25rem 0 0;padding:0}" \
	"nav a{display:block;padding:.3rem .8rem;border:1px solid var(--line);border-radius:2rem;" \
	"text-decoration:none;font-size:.9rem}nav a:hover{background:var(--tint)}"                 \
	"section{margin:3.25rem 0 0}.lead{color:var(--soft)}"                                      \
	".note{border-left:.25rem solid var(--accent);background:var(--tint);padding:.6rem 1rem}"  \
	".good{border-color:var(--good)}.bad{border-color:var(--bad)}"                             \
	".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:1rem;"   \
	"margin:1.5rem 0}"                                                                         \
	".tiles div{border:1px solid var(--line);border-radius:.75rem;background:var(--card);"     \
	"padding:.9rem 1rem .75rem;display:flex;flex-direction:column}"                            \
	".tiles dt{font-size:.9rem}.tiles dt a{color:var(--soft);text-decoration:none}"            \
	".tiles dt a:hover{text-decoration:underline}"                                             \
	".tiles dd{margin:0}.tiles .value{font-size:1.75rem;font-weight:650;line-height:1.3;"      \
	"font-variant-numeric:tabular-nums;letter-spacing:-.01em}"                                 \
	".tiles .more{font-size:.85rem;color:var(--soft);min-height:1.4em;flex:1}"                 \
	".tiles svg{margin-top:.5rem;display:block}"                                               \
	"figure{margin:1.75rem 0 0;border:1px solid var(--line);border-radius:.75rem;"             \
	"background:var(--card);padding:1rem 1.1rem}"                                              \
	"figcaption{font-weight:600;margin-bottom:.25rem}"                                         \
	".legend{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;list-style:none;margin:0 0 .5rem;" \
	"padding:0;font-size:.875rem;color:var(--soft)}.legend svg{margin-right:.4rem}"            \
	".plot{display:flex;align-items:flex-start}.plot svg{display:block;overflow:visible}"      \
	".plot .axis{flex:none;width:3.5rem}.plot .bars{flex:1;min-width:0}"                       \
	"svg text{font-size:12px;fill:var(--soft);font-variant-numeric:tabular-nums}"              \
	"svg .grid{stroke:var(--line);stroke-width:1}"                                             \
	".s-views,.s-light{fill:var(--light)}.s-visitors,.s-human,.s-main{fill:var(--human)}"      \
	".s-unknown{fill:var(--unknown)}.s-pending{fill:var(--pending)}.s-machine{fill:var(--machine)}" \
	".s-bad{fill:var(--bad)}"                                                                  \
	".s-hover{fill:transparent}g:hover>.s-hover{fill:var(--ink);fill-opacity:.06}"             \
	"details{margin-top:.75rem}summary{cursor:pointer;color:var(--accent);font-size:.9rem;"    \
	"padding:.2rem 0}"                                                                         \
	".wide{overflow-x:auto;margin-top:1rem}"                                                   \
	"table{border-collapse:collapse;width:100%;font-size:.925rem;line-height:1.45}"            \
	"th,td{border-bottom:1px solid var(--line);padding:.55rem .5rem;text-align:right;"         \
	"vertical-align:top;font-variant-numeric:tabular-nums}"                                    \
	"th:first-child,td:first-child{padding-left:0}th:last-child,td:last-child{padding-right:0}" \
	"thead th{color:var(--soft);font-weight:600;font-size:.85rem;vertical-align:bottom}"       \
	"thead a{color:inherit;text-decoration:underline dotted;text-underline-offset:.2em}"       \
	"tbody th,thead th:first-child,.left{text-align:left}tbody th{font-weight:500;"            \
	"min-width:12rem;max-width:26rem;overflow-wrap:anywhere}"                                  \
	"tbody th small{display:block;font-weight:400;overflow-wrap:anywhere}"                     \
	"td small{display:block;white-space:nowrap}tfoot td,tfoot th{color:var(--soft);"           \
	"font-weight:400;border-bottom:0}tfoot th{text-align:left}"                                \
	".bar{display:block;margin-top:.4rem}.bar rect{shape-rendering:crispEdges}"                \
	".people{list-style:none;margin:1rem 0 0;padding:0}"                                       \
	".people>li{border:1px solid var(--line);border-radius:.75rem;background:var(--card);"     \
	"padding:.9rem 1.1rem;margin:.75rem 0;display:grid;gap:.25rem 1.5rem;"                     \
	"grid-template-columns:2.25rem minmax(15rem,1.6fr) minmax(8rem,.7fr) minmax(14rem,1.6fr)}" \
	".rank{font-size:1.1rem;color:var(--soft);font-variant-numeric:tabular-nums}"              \
	".people h3{font-size:1rem;margin:0;overflow-wrap:anywhere;font-weight:600}"               \
	".people p{margin:0}.people .mono,.mono{font-family:ui-monospace,Menlo,Consolas,monospace;" \
	"font-size:.9em}"                                                                          \
	".points{font-size:1.35rem;font-weight:650;line-height:1.2;font-variant-numeric:tabular-nums}" \
	".grade{display:inline-block;border:1px solid var(--line);border-radius:.4rem;"            \
	"padding:0 .45rem;font-size:.85rem;margin-left:.4rem;color:var(--ink);font-weight:600}"    \
	".people details,.people .full{grid-column:2/-1}.people .last{overflow-wrap:anywhere}"     \
	".people table{font-size:.875rem}.people details{margin-top:.25rem}"                       \
	".chips{display:flex;flex-wrap:wrap;gap:.25rem .75rem;font-size:.85rem;color:var(--soft);" \
	"list-style:none;margin:.5rem 0 0;padding:0}"                                              \
	"dl.terms{display:grid;grid-template-columns:minmax(9rem,14rem) 1fr;gap:.6rem 1.5rem;"     \
	"font-size:.925rem}dl.terms dt{font-weight:600}dl.terms dd{margin:0;max-width:48rem}"      \
	"dl.terms div{display:contents}dl.terms div:target dt{color:var(--accent)}"                \
	"footer{margin-top:4rem;border-top:1px solid var(--line);padding-top:1rem;"                \
	"color:var(--soft);font-size:.875rem}"                                                     \
	"@media(max-width:44rem){body{padding:1.25rem 1rem 3rem}h1{font-size:1.6rem}"              \
	".tiles{grid-template-columns:1fr 1fr;gap:.6rem}.tiles .value{font-size:1.35rem}"          \
	".tiles div{padding:.7rem .8rem .6rem}.alt{display:none}.plot .axis{width:2.9rem}"         \
	"figure{padding:.8rem .75rem}section{margin-top:2.5rem}"                                   \
	".cards thead{position:absolute;left:-99rem}.cards tr{display:grid;"                       \
	"grid-template-columns:1fr 1fr;gap:.1rem 1rem;border-bottom:1px solid var(--line);"        \
	"padding:.75rem 0}.cards th,.cards td{border:0;padding:.1rem 0;text-align:left}"           \
	".cards tbody th,.cards tfoot th{grid-column:1/-1;max-width:none;padding-bottom:.35rem}"   \
	".cards td{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 .5rem}"         \
	".cards td::before{content:attr(data-label);color:var(--soft);font-size:.85rem}"           \
	".cards td small{width:100%}"                                                              \
	".people>li{grid-template-columns:1.75rem 1fr;padding:.8rem .9rem}"                        \
	".people>li>*{grid-column:2}.people>li>.rank{grid-column:1;grid-row:1}"                    \
	"dl.terms{grid-template-columns:1fr;gap:.15rem}dl.terms dd{margin-bottom:.75rem}}"         \
	"@media print{:root{--ink:#000;--soft:#444;--line:#bbb;--back:#fff;--card:#fff;"           \
	"--tint:#fff;--accent:#0b57a4;--human:#1f6fc4;--light:#8fb9e6;--unknown:#7d8894;"          \
	"--pending:#aab3bd;--machine:#c2570c}html{font-size:70%}body{max-width:none;padding:0}"    \
	"nav,.skip,summary{display:none}figure,tr,.people>li,.tiles div{break-inside:avoid}"       \
	"h2,.lead,.legend,thead,tbody tr:first-child{break-after:avoid}"                           \
	"tbody tr:last-child{break-before:avoid}.wide{overflow:visible}"                           \
	"*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}"
/* clang-format on */

#endif
