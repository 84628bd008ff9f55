/* yaml_plain - what a YAML scalar without quotes means, as go-yaml v2 sees it */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "core/doc.h"

/* DOC_NULL, _BOOL, _INT, _FLOAT or _STRING; *NUM for the second and third, else 0. */
enum doc_kind yaml_plain_kind(const char *s, int64_t *num);

/* Whether a string may stand without quotes as far as its meaning goes (not whether its characters allow that).
 * IS_TIME: it is meant as a timestamp. */
bool yaml_plain_is_string(const char *s, bool is_time);
