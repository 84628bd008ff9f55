/* hash - SHA-256 (BearSSL) */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define HASH_SIZE 32
#define HASH_HEX  65

struct hash {
	uint64_t state[16]; /* room for BearSSL's context; hash.c asserts that it fits */
};

void hash_init(struct hash *h);
void hash_add(struct hash *h, const void *data, size_t n);
void hash_hex(const struct hash *h, char to[HASH_HEX]); /* lower case; h may be added to afterwards */
