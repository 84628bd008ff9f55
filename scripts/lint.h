/* lint.h - tells the analyzers what they cannot see from the call: an error function returns a negative code. Without it
 * each `return err_sys(...)` looks as if it could be a success that filled nothing in. Included by scripts/lint only. */
#pragma once
#include "core/err.h"

#define err_sys(...) ((void)(err_sys)(__VA_ARGS__), -5)
#define err_code(...) ((void)(err_code)(__VA_ARGS__), -5)
#define err_set(...) ((void)(err_set)(__VA_ARGS__), -5)
#define err_in(...) ((void)(err_in)(__VA_ARGS__), -5)
