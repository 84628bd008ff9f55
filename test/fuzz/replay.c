/* replay - a main() for any fuzz target: runs it once over each file that is named, as a part of the unit tests */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

_Noreturn static void die(const char *name)
{
	perror(name);
	exit(1);
}

static void replay(const char *name)
{
	FILE *f = fopen(name, "rb");
	long size;
	uint8_t *data;

	if (!f || fseek(f, 0, SEEK_END) < 0 || (size = ftell(f)) < 0)
		die(name);
	rewind(f);
	/* Of exactly this size, so that ASan sees a read of one byte too many. */
	data = malloc(size ? (size_t)size : 1);
	if (!data || fread(data, 1, (size_t)size, f) != (size_t)size)
		die(name);
	fclose(f);
	LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	printf("%s: %d inputs\n", argv[0], argc - 1);
	return 0;
}
