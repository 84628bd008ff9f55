#include "core/architecture.h"
#include "test/unit/test.h"

TEST(architectures_have_one_name)
{
	CHECK_STR(architecture_name("amd64"), "x86_64");
	CHECK_STR(architecture_name("x86_64"), "x86_64");
	CHECK_STR(architecture_name("i386"), "i686");
	CHECK_STR(architecture_name("arm64"), "aarch64");
	CHECK_STR(architecture_name("armhf"), "armv7l");
	CHECK_STR(architecture_name("armel"), "armv6l");
	CHECK_STR(architecture_name("ppc64el"), "ppc64le");
	CHECK_STR(architecture_name("s390x"), "s390x");
	CHECK(!architecture_name(""));
	CHECK(!architecture_name("64"));
	CHECK(!architecture_name("i386 i486"));
	CHECK(!architecture_name("AMD64"));
	CHECK(architecture_is("x86_64", "AMD64"));
	CHECK(!architecture_is("x86_64", "i386"));
	CHECK(!architecture_is("x86_64", ""));
	CHECK(!architecture_is(NULL, "amd64"));
	CHECK(architecture_runs(architecture_host()));
	CHECK(!architecture_runs("vax"));
}
