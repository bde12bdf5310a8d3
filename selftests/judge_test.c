// SPDX-License-Identifier: GPL-2.0
/*
 * What the tests judge by has to notice what it is there for: here in what this program makes up,
 * and in the negative controls (qemu/guest/controls.sh) in what a module with mistakes gives out.
 */
#include "mounts.h"

#define FAULTY	"/sys/module/kipc_faulty/parameters/"

TEST(outputs_that_are_not_defined_are_noticed)
{
	static const unsigned char undefined[] = { 0xfe, 0x5a, 0x6b, 0xaa, 0xcc };
	unsigned char a[32] = { 1, 2, 3 }, b[32] = { 1, 2, 3 };
	size_t i;

	EXPECT_TRUE(is_defined(a, b, sizeof(a)));
	/* left alone */
	a[31] = POISON;
	b[31] = (unsigned char)~POISON;
	EXPECT_FALSE(is_defined(a, b, sizeof(a)));
	/* copied from memory that nobody had written to */
	for (i = 0; i < sizeof(undefined); i++) {
		memset(a, 0, sizeof(a));
		memset(a + 28, undefined[i], 3);
		memcpy(b, a, sizeof(a));
		EXPECT_TRUE(is_defined(a, b, sizeof(a)));
		a[31] = undefined[i];
		b[31] = undefined[i];
		EXPECT_FALSE(is_defined(a, b, sizeof(a)));
	}
}

/* What a file of that module gives out, of which something was never set. */
static void expect_noticed(struct __test_metadata *_metadata, const char *path)
{
	char a[64], b[64];
	ssize_t len;

	memset(a, POISON, sizeof(a));
	memset(b, ~POISON, sizeof(b));
	len = file_read(path, a, sizeof(a));
	ASSERT_LT(0, len);
	ASSERT_EQ(len, file_read(path, b, sizeof(b)));
	EXPECT_EQ(0, memcmp(a, b, len));
	EXPECT_FALSE(is_defined(a, b, len));
	printf("# looked at %s\n", path);
	fflush(stdout);
}

TEST(outputs_of_a_module_with_mistakes_are_noticed)
{
	char poison[16] = "";

	if (access(FAULTY "unset_member", F_OK))
		SKIP(return, "only the negative controls load it");
	expect_noticed(_metadata, FAULTY "unset_member");
	/* where objects that were freed are filled */
	if (file_read("/sys/kernel/slab/kmalloc-64/poison", poison, sizeof(poison)) > 0 &&
	    *poison == '1')
		expect_noticed(_metadata, FAULTY "unset_in_object");
}

TEST_HARNESS_MAIN
