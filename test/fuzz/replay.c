/* replay - a main() for any fuzz target: runs it once over each file that is named, as a part of the unit tests */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *name)
{
	FILE *f = fopen(name, "rb");
	size_t size;
	uint8_t *data;

	if (!f || fseek(f, 0, SEEK_END) < 0) {
		perror(name);
		return 1;
	}
	size = (size_t)ftell(f);
	rewind(f);
	/* Of exactly this size, so that ASan sees a read of one byte too many. */
	data = malloc(size ? size : 1);
	if (!data || fread(data, 1, size, f) != size) {
		perror(name);
		return 1;
	}
	fclose(f);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	int bad = 0;

	for (int i = 1; i < argc; i++)
		bad |= replay(argv[i]);
	printf("%s: %d inputs\n", argv[0], argc - 1);
	return bad;
}
