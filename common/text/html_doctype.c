/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a doctype asks for quirks mode (HTML Standard 13.2.6.4.1), in which <table> does not
 * close an open <p>. The public identifiers are those of the standard's list, cut to what tells
 * them from the identifiers that are not on it.
 */
#include "text/html_tree_internal.h"

/* Split "name PUBLIC 'public' 'system'"; false when it is not of that form. */
struct doctype {
	struct span name, public_id, system_id; /* absent when not written */
};

static struct span next_word(struct span *text)
{
	size_t size = 0;
	struct span word;

	*text = span_trim(*text);
	while (size < text->size && !html_space(text->data[size]) && text->data[size] != '"' &&
	       text->data[size] != '\'')
		size++;
	word = span_slice(*text, 0, size);
	*text = span_slice(*text, size, text->size);
	return word;
}

/* A quoted string; absent when none follows or it is cut. */
static struct span next_string(struct span *text)
{
	struct span string = {0};
	size_t end;

	*text = span_trim(*text);
	if (text->size == 0 || (text->data[0] != '"' && text->data[0] != '\''))
		return string;
	end = span_find(*text, text->data[0], 1);
	if (end == text->size)
		return string;
	string = span_slice(*text, 1, end - 1);
	*text = span_slice(*text, end + 1, text->size);
	return string;
}

/* False when what follows the name cannot be read, which also means quirks. */
static bool split(struct span text, struct doctype *ret_doctype)
{
	struct span word;

	*ret_doctype = (struct doctype){.name = next_word(&text)};
	if (ret_doctype->name.size == 0)
		return false;
	text = span_trim(text);
	if (text.size == 0)
		return true;
	word = next_word(&text);
	if (span_equal_nocase(word, SPAN("public"))) {
		ret_doctype->public_id = next_string(&text);
		ret_doctype->system_id = next_string(&text);
		return ret_doctype->public_id.data;
	}
	if (!span_equal_nocase(word, SPAN("system")))
		return false;
	ret_doctype->system_id = next_string(&text);
	return ret_doctype->system_id.data;
}

static bool starts_with_any(struct span text, const char *const *prefixes)
{
	for (; *prefixes; prefixes++)
		if (span_starts_nocase(text, span_text(*prefixes)))
			return true;
	return false;
}

static bool quirks(const struct doctype *doctype)
{
	static const char *const old[] = {
		"+//silmaril//",
		"-//as//dtd html",
		"-//advasoft ltd//",
		"-//ietf//dtd html",
		"-//metrius//",
		"-//microsoft//dtd internet explorer",
		"-//netscape comm. corp.//",
		"-//o'reilly and associates//",
		"-//sq//dtd html 2.0",
		"-//sun microsystems corp.//",
		"-//softquad",
		"-//spyglass//",
		"-//w3c//dtd html 3",
		"-//w3c//dtd html 4.0 frameset//",
		"-//w3c//dtd html 4.0 transitional//",
		"-//w3c//dtd html experimental",
		"-//w3c//dtd w3 html",
		"-//w3o//dtd w3 html",
		"-//webtechs//",
		NULL,
	};
	static const char *const without_system[] = {
		"-//w3c//dtd html 4.01 frameset//",
		"-//w3c//dtd html 4.01 transitional//",
		NULL,
	};

	if (!span_equal_nocase(doctype->name, SPAN("html")))
		return true;
	if (span_equal_nocase(doctype->public_id, SPAN("html")) ||
	    span_equal_nocase(doctype->public_id, SPAN("-/w3c/dtd html 4.0 transitional/en")))
		return true;
	if (starts_with_any(doctype->public_id, old))
		return true;
	return !doctype->system_id.data && starts_with_any(doctype->public_id, without_system);
}

void html_tree_doctype(struct html_tree *tree, struct span text)
{
	struct doctype doctype;

	if (tree->mode != HTML_MODE_INITIAL)
		return;
	tree->quirks = !split(text, &doctype) || quirks(&doctype);
	tree->mode = HTML_MODE_BEFORE_HTML;
}
