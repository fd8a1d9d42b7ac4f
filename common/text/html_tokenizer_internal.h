/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_HTML_TOKENIZER_INTERNAL_H
#define WAYMARK_TEXT_HTML_TOKENIZER_INTERNAL_H

#include "text/html_tokenizer.h"

/* What the tokenizer's files share with each other and with nobody else. */

/* At "<x" and "</x": the whole tag, or HTML_TOKEN_NOTHING when the document ends inside it. */
void html_tag_start(struct html_tokenizer *tokenizer, struct html_token *token);
void html_tag_end(struct html_tokenizer *tokenizer, struct html_token *token);

/* Whether the '<' at @at opens the end tag of the last start tag. */
bool html_own_end_tag(const struct html_tokenizer *tokenizer, size_t at);

/* Where script data that starts at the tokenizer's place ends: at its end tag or the document's. */
size_t html_script_end(const struct html_tokenizer *tokenizer);

static inline bool html_ends_name(uint8_t byte)
{
	return html_space(byte) || byte == '/' || byte == '>';
}

#endif
