// Just enough JSON for the link: is it well-formed, where is a member, what integer is it. No tree.
#pragma once

#include "bytes.h"

enum { TT_JSON_DEPTH_MAX = 64 }; // deeper nesting is refused; the hub's own limit is 10

// One whole value by RFC 8259, white space around it allowed; strings must be UTF-8.
bool tt_json_valid(struct tt_range json);

// The value of a member of the outermost object; of several with the name the last. TT_OK,
// TT_ENOTFOUND, or TT_EINVALID when the text is no well-formed object. name: ASCII.
int tt_json_member(struct tt_range json, const char *name, struct tt_range *value);

// Appends what a string of JSON says, `value` with its quotes, if that is ASCII without control
// characters. False when it is none, something else, or does not fit.
bool tt_json_write_ascii(struct tt_writer *out, struct tt_range value);
