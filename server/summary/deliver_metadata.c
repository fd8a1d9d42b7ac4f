/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CRM's side: a project in the source format of Salesforce's command line tool, with a field
 * for each column of ours, the object Web_Interaction_Summary__c, and a permission set, without
 * which nobody sees a new field. It is written from the mapping, so that what is delivered and what
 * is there to take it cannot differ. A column without "__c" at its end is the CRM's own.
 */
#include "summary/deliver.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#define API_VERSION "60.0"
#define NAMESPACE   "http://soap.sforce.com/2006/04/metadata"
#define XML	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define OBJECTS	    "force-app/main/default/objects"
#define SUMMARY	    "Web_Interaction_Summary__c"
#define SETS	    "force-app/main/default/permissionsets"

struct metadata {
	const char *directory;
	struct buffer permissions; /* the fields of the permission set */
	struct error *error;
};

static int fail(const struct metadata *metadata, const char *path, struct error *error)
{
	return error_set(error, DELIVER_E_FAILED, "%s/%s: cannot be written: %s",
			 metadata->directory, path, strerror(errno));
}

/* All folders on the way to @path, which is below the directory. */
static int make_folders(const struct metadata *metadata, const char *path)
{
	cleanup_free char *whole = NULL;
	size_t start;

	if (asprintf(&whole, "%s/%s", metadata->directory, path) < 0)
		return -ENOMEM;
	start = strlen(metadata->directory);
	for (char *slash = whole + start; slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(whole, 0755) && errno != EEXIST)
			return fail(metadata, path, metadata->error);
		*slash = '/';
	}
	return 0;
}

/* @text is what is there afterwards. */
static int put(struct metadata *metadata, const char *path, struct buffer *text)
{
	cleanup_free char *whole = NULL;
	int code = make_folders(metadata, path);
	FILE *file;
	bool failed;

	if (code)
		return code;
	if (text->error || asprintf(&whole, "%s/%s", metadata->directory, path) < 0)
		return -ENOMEM;
	file = fopen(whole, "we");
	if (!file)
		return fail(metadata, path, metadata->error);
	failed = fwrite(text->data, 1, text->size, file) != text->size;
	failed |= fclose(file) != 0;
	return failed ? fail(metadata, path, metadata->error) : 0;
}

static void add_element(struct buffer *to, const char *name, const char *text)
{
	buffer_printf(to, "    <%s>%s</%s>\n", name, text, name);
}

static void add_type(const struct deliver_value *value, struct buffer *to)
{
	switch (value->type) {
	case DELIVER_TYPE_NUMBER:
		buffer_printf(to, "    <precision>%u</precision>\n", value->length);
		add_element(to, "scale", "0");
		add_element(to, "type", "Number");
		break;
	case DELIVER_TYPE_TIME:
		add_element(to, "type", "DateTime");
		break;
	case DELIVER_TYPE_DAY:
		add_element(to, "type", "Date");
		break;
	case DELIVER_TYPE_FLAG:
		add_element(to, "defaultValue", "false");
		add_element(to, "type", "Checkbox");
		break;
	case DELIVER_TYPE_TEXT:
		buffer_printf(to, "    <length>%u</length>\n", value->length);
		add_element(to, "type", "Text");
		break;
	case DELIVER_TYPE_LONG:
		buffer_printf(to, "    <length>%u</length>\n", value->length);
		add_element(to, "type", "LongTextArea");
		add_element(to, "visibleLines", "10");
		break;
	}
}

static int put_field(struct metadata *metadata, const char *object, const char *shown_object,
		     const char *name, struct buffer *body)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	cleanup_free char *path = NULL;

	buffer_append_text(&text, XML "<CustomField xmlns=\"" NAMESPACE "\">\n");
	buffer_printf(&text, "    <fullName>%s</fullName>\n", name);
	buffer_append_span(&text, buffer_span(body));
	buffer_append_text(&text, "</CustomField>\n");
	buffer_printf(&metadata->permissions,
		      "    <fieldPermissions>\n        <editable>true</editable>\n"
		      "        <field>%s.%s</field>\n        <readable>true</readable>\n"
		      "    </fieldPermissions>\n",
		      shown_object, name);
	if (asprintf(&path, OBJECTS "/%s/fields/%s.field-meta.xml", object, name) < 0)
		return -ENOMEM;
	return put(metadata, path, &text);
}

/* The field that a person, a member or a task is found by. */
static bool is_key(const struct deliver_value *value)
{
	return strcmp(value->name, "id") == 0 || strcmp(value->name, "member_id") == 0 ||
	       strcmp(value->name, "task_id") == 0;
}

static int put_column(struct metadata *metadata, const char *object, const char *shown_object,
		      const struct deliver_column *column)
{
	cleanup_buffer struct buffer body = BUFFER_INIT;
	size_t size = strlen(column->name);

	if (!column->value || size < 4 || strcmp(column->name + size - 3, "__c") != 0)
		return 0;
	if (is_key(column->value)) {
		add_element(&body, "caseSensitive", "false");
		add_element(&body, "externalId", "true");
	}
	buffer_printf(&body, "    <label>%.40s</label>\n", column->value->label);
	add_type(column->value, &body);
	/* Activities know of no unique fields. */
	if (is_key(column->value))
		add_element(&body, "unique", strcmp(object, "Activity") == 0 ? "false" : "true");
	return put_field(metadata, object, shown_object, column->name, &body);
}

static int put_columns(struct metadata *metadata, const struct deliver_mapping *mapping)
{
	int code = 0;

	for (int object = 0; object < DELIVER_OBJECT_COUNT; object++) {
		const struct deliver_columns *columns = &mapping->columns[object];
		const char *name = deliver_object_name((enum deliver_object)object);
		/* A task's own fields are those of activities. */
		const char *home = object == DELIVER_TASK_OBJECT ? "Activity" : name;

		for (size_t i = 0; !code && i < columns->count; i++)
			code = put_column(metadata, home, name, &columns->items[i]);
	}
	return code;
}

static int put_lookup(struct metadata *metadata, const char *to, const char *name)
{
	cleanup_buffer struct buffer body = BUFFER_INIT;

	add_element(&body, "deleteConstraint", "SetNull");
	add_element(&body, "label", to);
	add_element(&body, "referenceTo", to);
	add_element(&body, "relationshipLabel", "Web interaction summaries");
	buffer_printf(&body, "    <relationshipName>Waymark_Summaries_%s</relationshipName>\n", to);
	add_element(&body, "type", "Lookup");
	return put_field(metadata, SUMMARY, SUMMARY, name, &body);
}

static int put_campaign_key(struct metadata *metadata)
{
	cleanup_buffer struct buffer body = BUFFER_INIT;

	add_element(&body, "caseSensitive", "false");
	add_element(&body, "externalId", "true");
	add_element(&body, "label", "Waymark campaign");
	add_element(&body, "length", "255");
	add_element(&body, "type", "Text");
	add_element(&body, "unique", "true");
	return put_field(metadata, "Campaign", "Campaign", "Waymark_Campaign__c", &body);
}

static int put_object(struct metadata *metadata)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;

	buffer_append_text(&text, XML "<CustomObject xmlns=\"" NAMESPACE "\">\n");
	add_element(&text, "deploymentStatus", "Deployed");
	add_element(&text, "enableReports", "true");
	add_element(&text, "enableSearch", "true");
	add_element(&text, "label", "Web Interaction Summary");
	buffer_append_text(&text, "    <nameField>\n"
				  "        <displayFormat>WIS-{000000}</displayFormat>\n"
				  "        <label>Number</label>\n"
				  "        <type>AutoNumber</type>\n"
				  "    </nameField>\n");
	add_element(&text, "pluralLabel", "Web Interaction Summaries");
	add_element(&text, "sharingModel", "ReadWrite");
	buffer_append_text(&text, "</CustomObject>\n");
	return put(metadata, OBJECTS "/" SUMMARY "/" SUMMARY ".object-meta.xml", &text);
}

static int put_permissions(struct metadata *metadata)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;

	buffer_append_text(&text, XML "<PermissionSet xmlns=\"" NAMESPACE "\">\n");
	add_element(&text, "description", "Fields that Waymark fills");
	buffer_append_span(&text, buffer_span(&metadata->permissions));
	add_element(&text, "label", "Waymark");
	buffer_append_text(&text, "    <objectPermissions>\n"
				  "        <allowCreate>true</allowCreate>\n"
				  "        <allowDelete>true</allowDelete>\n"
				  "        <allowEdit>true</allowEdit>\n"
				  "        <allowRead>true</allowRead>\n"
				  "        <modifyAllRecords>false</modifyAllRecords>\n"
				  "        <object>" SUMMARY "</object>\n"
				  "        <viewAllRecords>false</viewAllRecords>\n"
				  "    </objectPermissions>\n"
				  "</PermissionSet>\n");
	return metadata->permissions.error
		       ? metadata->permissions.error
		       : put(metadata, SETS "/Waymark.permissionset-meta.xml", &text);
}

static int put_project(struct metadata *metadata)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;

	buffer_append_text(&text, "{\n"
				  "  \"packageDirectories\": [{\"path\": \"force-app\", "
				  "\"default\": true}],\n"
				  "  \"namespace\": \"\",\n"
				  "  \"sourceApiVersion\": \"" API_VERSION "\"\n"
				  "}\n");
	return put(metadata, "sfdx-project.json", &text);
}

int deliver_metadata(const char *directory, const struct deliver_mapping *mapping,
		     struct error *error)
{
	struct metadata metadata = {.directory = directory, .error = error};
	int code = put_project(&metadata);

	if (!code)
		code = put_object(&metadata);
	if (!code)
		code = put_lookup(&metadata, "Lead", "Waymark_Lead__c");
	if (!code)
		code = put_lookup(&metadata, "Contact", "Waymark_Contact__c");
	if (!code)
		code = put_campaign_key(&metadata);
	if (!code)
		code = put_columns(&metadata, mapping);
	if (!code)
		code = put_permissions(&metadata);
	buffer_finish(&metadata.permissions);
	return code;
}
