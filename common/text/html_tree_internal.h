/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_HTML_TREE_INTERNAL_H
#define WAYMARK_TEXT_HTML_TREE_INTERNAL_H

#include "text/html_tree.h"

/*
 * The rules of the insertion modes, spread over html_tree*.c. Each function is one section of
 * 13.2.6.4 or one shared step of it.
 */

/* Process the token again under the present mode. */
void html_tree_start_by_mode(struct html_tree *tree, const struct html_token *token);
void html_tree_end_by_mode(struct html_tree *tree, const struct html_token *token);
void html_tree_reset_mode(struct html_tree *tree);
/* "Anything else" of a mode without one of its own elements: open what is missing; false: none. */
bool html_tree_move_on(struct html_tree *tree);
bool html_integration_point(const struct html_open *element);

/* Insert the token's element; append: it does not stay open; fake: one that no tag wrote. */
void html_tree_insert(struct html_tree *tree, const struct html_token *token,
		      enum html_space_name space);
void html_tree_append(struct html_tree *tree);
void html_tree_fake(struct html_tree *tree, enum html_kind kind);
/* Insert an element whose content the tokenizer passes over. */
void html_tree_insert_text(struct html_tree *tree, enum html_text text);

void html_tree_start_in_head(struct html_tree *tree, const struct html_token *token);
/* The adoption agency, else the rules of any other end tag. */
void html_tree_adopt(struct html_tree *tree, const struct html_token *token);
void html_tree_end_template(struct html_tree *tree);
void html_tree_start_in_body(struct html_tree *tree, const struct html_token *token);
void html_tree_end_in_body(struct html_tree *tree, const struct html_token *token);

/* Table modes, select modes and template mode (html_tree_table.c, html_tree_select.c). */
void html_tree_start_in_table(struct html_tree *tree, const struct html_token *token);
void html_tree_end_in_table(struct html_tree *tree, const struct html_token *token);
void html_tree_start_in_caption(struct html_tree *tree, const struct html_token *token);
void html_tree_end_in_caption(struct html_tree *tree, const struct html_token *token);
void html_tree_start_in_column_group(struct html_tree *tree, const struct html_token *token);
void html_tree_end_in_column_group(struct html_tree *tree, const struct html_token *token);
void html_tree_start_in_table_body(struct html_tree *tree, const struct html_token *token);
void html_tree_end_in_table_body(struct html_tree *tree, const struct html_token *token);
void html_tree_start_in_row(struct html_tree *tree, const struct html_token *token);
void html_tree_end_in_row(struct html_tree *tree, const struct html_token *token);
void html_tree_start_in_cell(struct html_tree *tree, const struct html_token *token);
void html_tree_end_in_cell(struct html_tree *tree, const struct html_token *token);
void html_tree_start_in_select(struct html_tree *tree, const struct html_token *token);
void html_tree_end_in_select(struct html_tree *tree, const struct html_token *token);
void html_tree_start_in_template(struct html_tree *tree, const struct html_token *token);

#endif
