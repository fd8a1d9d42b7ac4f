/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the open pixel is asked for, by pieces of User-Agent in lower case; the first row that holds
 * counts. No include guard: include it with OPEN(kind, text, why) defined.
 */
/* clang-format off */
OPEN(PREFETCH, "chrome/42.0.2311.135 safari/537.36 edge/12.246 mozilla/5.0", "Gmail loads images ahead with this agent, unchanged since 2015")
OPEN(PROXY, "googleimageproxy", "Gmail, when the mail is shown")
OPEN(PROXY, "yahoomailproxy", "Yahoo, when the mail is shown")
OPEN(PROXY, "yahoocachesystem", "Yahoo, when the mail is shown")
OPEN(PROXY, "imageproxy", "others by that name")
OPEN(PROXY, "image proxy", "others by that name")
/* clang-format on */
#undef OPEN
