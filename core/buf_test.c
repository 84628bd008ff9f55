#include "core/buf.h"

#include <errno.h>
#include <stdlib.h>
#include "core/auto.h"
#include "test/unit/test.h"

TEST(buf_grows_and_stays_terminated)
{
	AUTO(buf) struct buf b = BUF_NONE;

	CHECK_STR(b.s, "");
	buf_addstr(&b, "a");
	buf_addch(&b, 'b');
	buf_addf(&b, "%d-%s", 12, "c");
	buf_fill(&b, '.', 3);
	buf_add(&b, "", 0);
	CHECK_STR(b.s, "ab12-c...");
	CHECK_INT(b.len, 9);
	for (int i = 0; i < 100000; i++)
		buf_addch(&b, 'x');
	CHECK_INT(b.len, 100009);
	CHECK_INT(b.s[b.len], 0);
	buf_cut(&b, 2);
	buf_cut(&b, 5);
	CHECK_STR(b.s, "ab");
	buf_reset(&b);
	CHECK_STR(b.s, "");
	CHECK_INT(buf_error(&b), 0);
}

TEST(buf_holds_nul_bytes)
{
	AUTO(buf) struct buf b = BUF_NONE;

	buf_add(&b, "a\0b", 3);
	CHECK_INT(b.len, 3);
	CHECK(!memcmp(b.s, "a\0b", 4));
}

TEST(buf_error_is_sticky)
{
	AUTO(buf) struct buf b = BUF_NONE;

	buf_addstr(&b, "kept");
	CHECK(!buf_room(&b, SIZE_MAX));
	buf_addstr(&b, "lost");
	CHECK_INT(buf_error(&b), -ENOMEM);
	CHECK_STR(b.s, "kept");
	CHECK(!buf_take(&b));
	CHECK_INT(buf_error(&b), 0);
}

TEST(buf_is_handed_over)
{
	struct buf b = BUF_NONE;
	char *s = buf_take(&b);

	CHECK_STR(s, "");
	free(s);
	buf_addstr(&b, "x");
	s = buf_take(&b);
	CHECK_STR(s, "x");
	CHECK_INT(b.len, 0);
	free(s);
	buf_free(&b);
}

TEST(buf_escapes_what_a_terminal_would_obey)
{
	static const struct { const char *in, *out; } row[] = {
		{ "plain \xc3\xa9 \xe2\x98\x83 \xf0\x9f\x98\x80", "plain \xc3\xa9 \xe2\x98\x83 \xf0\x9f\x98\x80" },
		{ "\033[2J", "\\x1b[2J" },
		{ "a\nb\tc\rd\x7f", "a\\x0ab\\x09c\\x0dd\\x7f" },
		{ "\xc2\x9b", "\\u{009b}" }, /* C1: CSI */
		{ "\xe2\x80\xae", "\\u{202e}" },
		{ "\xe2\x81\xa6\xe2\x80\x8f", "\\u{2066}\\u{200f}" },
		{ "\xff\xc3", "\\xff\\xc3" },
		{ "\xc0\xaf\xed\xa0\x80", "\\xc0\\xaf\\xed\\xa0\\x80" },	/* overlong, surrogate */
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" }, /* behind U+10FFFF */
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO(buf) struct buf b = BUF_NONE;

		buf_add_escaped(&b, row[i].in, strlen(row[i].in));
		CHECK_STR(b.s, row[i].out);
	}
}

TEST(str_fmt_fits_or_says_so)
{
	char to[4];

	CHECK_INT(str_fmt(to, sizeof to, "%s", "abc"), 0);
	CHECK_STR(to, "abc");
	CHECK_INT(str_fmt(to, sizeof to, "%s", "abcd"), -ENAMETOOLONG);
	CHECK_STR(to, "");
}

TEST(str_after_is_the_rest)
{
	CHECK_STR(str_after("user.x", "user."), "x");
	CHECK_STR(str_after("user", "user."), NULL);
	CHECK_STR(str_after("x", ""), "x");
}

TEST(str_has_word_is_a_whole_word)
{
	CHECK(str_has_word("soft hard", "soft"));
	CHECK(str_has_word("soft hard", "hard"));
	CHECK(!str_has_word("soft hard", "har"));
	CHECK(!str_has_word("soft hard", "ard"));
	CHECK(!str_has_word("soft hard", "soft hard"));
	CHECK(!str_has_word("soft hard", ""));
	CHECK(!str_has_word("", "x"));
}
