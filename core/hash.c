#include "core/hash.h"

#include <bearssl_hash.h>

_Static_assert(sizeof(br_sha256_context) <= sizeof(struct hash), "struct hash is too small for BearSSL's context");
_Static_assert(_Alignof(br_sha256_context) <= _Alignof(struct hash), "struct hash is not aligned for BearSSL's context");

void hash_init(struct hash *h)
{
	br_sha256_init((br_sha256_context *)h);
}

void hash_add(struct hash *h, const void *data, size_t n)
{
	br_sha256_update((br_sha256_context *)h, data, n);
}

void hash_hex(const struct hash *h, char to[HASH_HEX])
{
	static const char digit[] = "0123456789abcdef";
	unsigned char sum[HASH_SIZE];

	br_sha256_out((const br_sha256_context *)h, sum);
	for (int i = 0; i < HASH_SIZE; i++) {
		to[2 * i] = digit[sum[i] >> 4];
		to[2 * i + 1] = digit[sum[i] & 15];
	}
	to[2 * HASH_SIZE] = '\0';
}
