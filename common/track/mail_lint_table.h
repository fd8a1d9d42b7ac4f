/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the linter says: MAIL_LINT(code, its name, level, sentence). An error is certain to reach a
 * reader as something broken; a warning is for somebody to look at. Names are an interface:
 * programs that read the report know them. Alphabetical.
 */
MAIL_LINT(ADDRESS_IN_LINK, "address-in-link", WARNING, "the destination holds an e-mail address, so it travels inside the link and stays out of the store")
MAIL_LINT(EMPTY_LINK, "empty-link", WARNING, "leads nowhere: the address is empty, or only '#'")
MAIL_LINT(HTTP, "http", WARNING, "the page is asked for without TLS (http)")
MAIL_LINT(INVALID_LINK, "invalid-link", ERROR, "no browser follows this address")
MAIL_LINT(LINK_OF_ANOTHER, "link-of-another", ERROR, "already tracked for a person, to whom all clicks would be credited")
MAIL_LINT(LINK_WITHOUT_TEXT, "link-without-text", WARNING, "nothing is shown in its place where images are off: its images have no alt text")
MAIL_LINT(LONG_LINE, "long-line", ERROR, "longer than 998 bytes, the most that a mail may have: servers refuse or cut it")
MAIL_LINT(LONG_LINE_AHEAD, "long-line-ahead", WARNING, "longer than 998 bytes: send it as quoted-printable or base64")
MAIL_LINT(MERGE_TAG, "merge-tag", ERROR, "a merge tag in the address that nobody fills in")
MAIL_LINT(MERGE_TAG_IN_TEXT, "merge-tag-in-text", WARNING, "a merge tag in the text that nobody fills in")
MAIL_LINT(NO_SCHEME, "no-scheme", ERROR, "has no scheme (https://), so in a mail it leads nowhere")
MAIL_LINT(NO_TEXT_PART, "no-text-part", WARNING, "HTML without a plain text beside it")
MAIL_LINT(NOT_OUR_TOKEN, "not-our-token", ERROR, "an address of the tracker whose token does not verify: a 404 page")
MAIL_LINT(NOT_REGISTERED, "not-registered", ERROR, "tracked, but the link is not registered here: it leads to the fallback")
MAIL_LINT(NOT_TRACKED, "not-tracked", WARNING, "left alone")
MAIL_LINT(ONLY_IN_HTML, "only-in-html", WARNING, "a destination that the plain text beside the HTML does not have")
MAIL_LINT(ONLY_IN_TEXT, "only-in-text", WARNING, "a destination that the HTML beside the plain text does not have")
MAIL_LINT(PARTS_DIFFER, "parts-differ", WARNING, "HTML and plain text do not say the same")
MAIL_LINT(TEXT_MISLEADS, "text-misleads", WARNING, "its text names another domain than it leads to")
MAIL_LINT(TEXT_OF_ANOTHER_DOMAIN, "text-of-another-domain", WARNING, "its text names a domain that is not the tracker's: mail programs may flag it as phishing")
MAIL_LINT(TOO_LARGE, "too-large", WARNING, "the HTML is over 100 KB: Gmail shows the rest only on demand")
