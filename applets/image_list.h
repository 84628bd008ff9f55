/* image_list - how images look: as rows, documents and `image info` */
#pragma once
#include "applets/out.h"
#include "core/server.h"

int image_columns_check(const char *columns, struct err *e);

/* Moves those that all filters let pass to the front; gives how many they are. */
size_t image_filter(struct arena *a, struct image *image, size_t n, const struct names *filters);

void image_table(struct arena *a, const struct image *image, size_t n, const char *columns, enum format f, struct buf *to);
void image_documents(struct arena *a, const struct image *image, size_t n, enum format f, struct buf *to);
struct doc *image_document(struct arena *a, const struct image *image, unsigned mask);
void image_info(struct arena *a, const struct image *image, struct buf *to);
void image_alias_table(struct arena *a, const struct image_alias_entry *alias, size_t n, enum format f, struct buf *to);
