#include "core/hash.h"

#include "test/unit/test.h"

TEST(hash_is_sha256)
{
	char hex[HASH_HEX];
	struct hash h;

	hash_init(&h);
	hash_hex(&h, hex);
	CHECK_STR(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	hash_add(&h, "a", 1);
	hash_hex(&h, hex); /* may be asked in between */
	hash_add(&h, "bc", 2);
	hash_hex(&h, hex);
	CHECK_STR(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(hash_of_a_million)
{
	char hex[HASH_HEX], part[1000];
	struct hash h;

	memset(part, 'a', sizeof part);
	hash_init(&h);
	for (int i = 0; i < 1000; i++)
		hash_add(&h, part, sizeof part);
	hash_hex(&h, hex);
	CHECK_STR(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
