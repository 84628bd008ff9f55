/* /etc/passwd of a container, as `exec --user NAME` and `shell` read it */
#include <stdint.h>
#include "runtime/instance/passwd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct passwd_entry entry;

	(void)passwd_parse((const char *)data, size, "root", 0, &entry);
	(void)passwd_parse((const char *)data, size, NULL, 1000, &entry);
	return 0;
}
