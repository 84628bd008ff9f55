#include "runtime/image/acl.h"

#include "core/auto.h"
#include "test/unit/test.h"

#define RAW "\2\0\0\0" "\1\0\7\0\377\377\377\377" "\2\0\5\0\350\3\0\0" "\4\0\5\0\377\377\377\377" "\20\0\5\0\377\377\377\377" "\40\0\4\0\377\377\377\377"

TEST(acls_of_both_forms_become_the_attribute)
{
	static const struct {
		const char *in;
		size_t n;
		bool ok;
	} row[] = {
#define TEXT(s) s, sizeof(s) - 1
		{ TEXT(RAW), true },
		{ TEXT("user::rwx,user:1000:r-x,group::r-x,mask::r-x,other::r--"), true },
		{ TEXT("user::rwx\nuser:joe:r-x:1000\ngroup::r-x\nmask::r-x\nother::r--\n"), true },
		{ TEXT("u::rwx,g::r-x,u:1000:rx,m:rx,o:r"), true },
		{ TEXT("other::r--,mask::r-x,group::r-x,user::rwx,user:1000:r-x\t#effective:r-x"), true },
		{ TEXT("default:user::rwx,default:user:1000:r-x,default:group::r-x,default:mask::r-x,default:other::r--"), true },
		{ TEXT("user::rwx,user:joe:r-x,group::r-x,mask::r-x,other::r--"), false },
		{ TEXT("user::rwz"), false },
		{ TEXT("mask:5:rwx"), false },
		{ TEXT("user:1:2:3:4:5"), false },
		{ TEXT("user"), false },
		{ TEXT(""), false },
		{ TEXT("\2\0\0\0\1"), false },
#undef TEXT
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO(buf) struct buf out = BUF_NONE;

		if (!CHECK_ROW_INT(row[i].in, acl_value(row[i].in, row[i].n, &out), row[i].ok) || !row[i].ok)
			continue;
		if (CHECK_ROW_INT(row[i].in, out.len, sizeof RAW - 1))
			CHECK_ROW(row[i].in, !memcmp(out.s, RAW, out.len));
	}
}
