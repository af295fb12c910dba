// A policy in C: a caller sees the rows of his groups. The contract is the interface, not the Rust library.
//
// Its option `groups_field` names the field that holds a row's group. Memory is never given back: an instance lives for
// one call.

#include "policy_plugin.h"

#include <stdlib.h>
#include <string.h>

typedef policy_plugin_string_t text_t;
typedef exports_timestream_dialect_policy_request_t request_t;
typedef exports_timestream_dialect_policy_ruling_t ruling_t;
typedef exports_timestream_dialect_policy_refusal_t refusal_t;
typedef timestream_dialect_types_literal_t literal_t;
typedef timestream_dialect_types_term_t term_t;

static text_t text(const char *words) {
  text_t copy;
  policy_plugin_string_dup(&copy, words);
  return copy;
}

static bool equal(text_t a, text_t b) { return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0; }

// Memory for some values. Without memory the call ends in a trap, and the query with it.
static void *some(size_t count, size_t size) {
  void *place = calloc(count, size);
  if (!place) abort();
  return place;
}

// The bindings' functions answer false for an error.
static bool refuse(refusal_t *refusal, timestream_dialect_types_refusal_kind_t kind, const char *words) {
  refusal->kind = kind;
  refusal->message = text(words);
  return false;
}

// The value of the option, the last of that name; NULL if it is not set.
static const text_t *groups_field(const request_t *request) {
  const text_t name = {(uint8_t *)"groups_field", strlen("groups_field")};
  const text_t *value = NULL;
  for (size_t i = 0; i < request->table.options.len; i++) {
    if (equal(request->table.options.ptr[i].f0, name)) value = &request->table.options.ptr[i].f1;
  }
  return value;
}

void exports_timestream_dialect_policy_describe(exports_timestream_dialect_policy_description_t *description) {
  description->name = text("in-c");
  description->version = text("0.1.0");
}

bool exports_timestream_dialect_policy_review(request_t *request, ruling_t *ruling, refusal_t *refusal) {
  const text_t *wanted = groups_field(request);
  if (!wanted) {
    return refuse(refusal, TIMESTREAM_DIALECT_TYPES_REFUSAL_KIND_INVALID, "the option `groups_field` is not set");
  }
  if (request->table.source.tag == TIMESTREAM_DIALECT_TYPES_SOURCE_PASSTHROUGH) {
    return refuse(refusal, TIMESTREAM_DIALECT_TYPES_REFUSAL_KIND_FORBIDDEN, "statements in Timestream's SQL are not allowed: they could read the rows of any group");
  }
  const timestream_dialect_types_list_field_t *fields = &request->mapping.fields;
  size_t field = 0;
  while (field < fields->len && !equal(fields->ptr[field].name, *wanted)) field++;
  if (field == fields->len ||
      request->mapping.types.ptr[fields->ptr[field].type].tag != TIMESTREAM_DIALECT_TYPES_ARROW_TYPE_UTF8) {
    return refuse(refusal, TIMESTREAM_DIALECT_TYPES_REFUSAL_KIND_FORBIDDEN, "the table has no text field of the name that `groups_field` says");
  }

  // Nobody's groups admit no row; so does an empty list.
  const policy_plugin_list_string_t *groups = &request->caller.groups;
  literal_t *values = groups->len ? some(groups->len, sizeof *values) : NULL;
  for (size_t i = 0; i < groups->len; i++) {
    values[i].tag = TIMESTREAM_DIALECT_TYPES_LITERAL_TEXT;
    values[i].val.text = groups->ptr[i];
  }
  term_t *term = some(1, sizeof *term);
  term->tag = TIMESTREAM_DIALECT_TYPES_TERM_DOMAIN;
  term->val.domain.field = field;
  term->val.domain.values.tag = TIMESTREAM_DIALECT_TYPES_VALUE_SET_ANY_OF;
  term->val.domain.values.val.any_of.ptr = values;
  term->val.domain.values.val.any_of.len = groups->len;
  term->val.domain.null_allowed = false;

  memset(ruling, 0, sizeof *ruling);
  ruling->terms.ptr = term;
  ruling->terms.len = 1;
  ruling->notes.ptr = some(1, sizeof *ruling->notes.ptr);
  ruling->notes.ptr[0] = text("rows of the caller's groups");
  ruling->notes.len = 1;
  return true;
}
