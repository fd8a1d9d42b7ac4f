/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_MIME_LIBRARY_H
#define WAYMARK_TEXT_MIME_LIBRARY_H

/*
 * GMime, loaded when the first mail is taken apart: with GLib and what that needs it is a dozen
 * libraries and three megabytes, which a server that only redirects does not have to carry.
 * Its headers say what each function is; no call is compiled in that could make the loader look
 * for the library at the program's start.
 */
#include <gmime/gmime.h>

#define MIME_FUNCTIONS(FUNCTION)                           \
	FUNCTION(g_mime_content_disposition_is_attachment) \
	FUNCTION(g_mime_content_type_is_type)              \
	FUNCTION(g_mime_data_wrapper_get_stream)           \
	FUNCTION(g_mime_init)                              \
	FUNCTION(g_mime_message_get_mime_part)             \
	FUNCTION(g_mime_message_part_get_message)          \
	FUNCTION(g_mime_message_part_get_type)             \
	FUNCTION(g_mime_multipart_encrypted_get_type)      \
	FUNCTION(g_mime_multipart_get_count)               \
	FUNCTION(g_mime_multipart_get_part)                \
	FUNCTION(g_mime_multipart_get_type)                \
	FUNCTION(g_mime_multipart_signed_get_type)         \
	FUNCTION(g_mime_object_get_content_disposition)    \
	FUNCTION(g_mime_object_get_content_type)           \
	FUNCTION(g_mime_object_get_content_type_parameter) \
	FUNCTION(g_mime_object_get_header)                 \
	FUNCTION(g_mime_parser_construct_message)          \
	FUNCTION(g_mime_parser_new_with_stream)            \
	FUNCTION(g_mime_parser_set_persist_stream)         \
	FUNCTION(g_mime_part_get_content)                  \
	FUNCTION(g_mime_part_get_content_encoding)         \
	FUNCTION(g_mime_part_get_type)                     \
	FUNCTION(g_mime_stream_mem_new_with_buffer)        \
	FUNCTION(g_object_unref)                           \
	FUNCTION(g_type_check_instance_is_a)

struct mime_library {
#define MIME_FUNCTION_POINTER(name) __typeof__ (&(name))(name);
	MIME_FUNCTIONS(MIME_FUNCTION_POINTER)
#undef MIME_FUNCTION_POINTER
};

/* The library, initialised; NULL when it cannot be loaded. Any thread. */
const struct mime_library *mime_library_get(void);

#endif
