// SPDX-License-Identifier: GPL-2.0
/*
 * Where the kipc command's output goes: a terminal of 80 columns, a disk that is full, a reader
 * that has gone, nowhere; and very much of it.
 */
#include "command.h"

#define I "--instance", OWN
#define SH(script) run_as(0, (char *const []){ "/bin/sh", "-c", script, NULL })

static char *const commands[] = {
	"ls", "stat", "watch", "mk", "rm", "limits", "exec", "pipeline", "size", "doctor",
};

#define COMMANDS ((int)(sizeof(commands) / sizeof(commands[0])))

static int longest_line(const char *text)
{
	int longest = 0;

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		if ((int)strcspn(text, "\n") > longest)
			longest = strcspn(text, "\n");
	return longest;
}

TEST_F_TIMEOUT(instance, help_fits_into_80_columns, 120)
{
	int i;

	for (i = 0; i < COMMANDS; i++) {
		EXPECT_EQ(0, KIPC(commands[i], "--help"));
		EXPECT_GE(80, longest_line(said.out))
			TH_LOG("%s: %d", commands[i], longest_line(said.out));
		EXPECT_LT(40, longest_line(said.out));
	}
	EXPECT_EQ(0, KIPC("help"));
	EXPECT_GE(80, longest_line(said.out));
	EXPECT_EQ(0, KIPC("help", "--help"));
	EXPECT_TRUE(SAYS("^Usage: kipc "));
}

TEST_F_TIMEOUT(instance, tables_fit_into_80_columns, 120)
{
	EXPECT_EQ(0, KIPC("mk", I, "shm", "1G", "--no-reserve", "-k", "0xffffffff"));
	EXPECT_EQ(0, KIPC("mk", I, "sem", "32000", "--robust"));
	EXPECT_EQ(0, KIPC("mk", I, "msg"));
	EXPECT_EQ(0, KIPC("mk", I, "sig"));
	EXPECT_EQ(0, KIPC("ls", I));
	EXPECT_GE(80, longest_line(said.out))
		TH_LOG("%s", said.out);
	EXPECT_EQ(0, KIPC("stat", I));
	EXPECT_GE(80, longest_line(said.out));
	EXPECT_EQ(0, KIPC("stat", I, "msg:0", "sig:0", "shm:0"));
	EXPECT_GE(80, longest_line(said.out));
}

TEST_F(instance, options_may_follow_what_they_are_for)
{
	EXPECT_EQ(0, KIPC("mk", I, "msg"));
	EXPECT_EQ(0, KIPC("stat", "msg:0", "-j", I));
	EXPECT_TRUE(says_json(1));
	EXPECT_EQ(0, KIPC("ls", "msg", "-j", I));
	EXPECT_TRUE(says_json(1));
	EXPECT_EQ(0, KIPC("rm", "msg", "0", I));
}

TEST_F(instance, figures_have_what_the_user_s_signals_take)
{
	EXPECT_EQ(0, KIPC("stat"));
	EXPECT_TRUE(SAYS("^your waiting signals +0 of 65536$"));
	EXPECT_EQ(0, KIPC("stat", "-j"));
	EXPECT_TRUE(says_json(1));
	EXPECT_TRUE(SAYS("\"user_signals\": 0, \"user_signals_max\": 65536"));
}

/* --- output that goes nowhere */

TEST_F_TIMEOUT(instance, output_that_cannot_be_written_is_1_for_every_command, 120)
{
	static char *const lines[] = {
		"kipc ls", "kipc ls -j", "kipc stat", "kipc limits -i " OWN, "kipc doctor",
		"kipc watch -n 1", "kipc watch -j -n 1", "kipc help", "kipc --version",
		"kipc ls --help", "kipc mk -i " OWN " msg",
	};
	char script[128];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(script, sizeof(script), "%s > /dev/full", lines[i]);
		EXPECT_EQ(1, SH(script));
		EXPECT_TRUE(is_one_complaint())
			TH_LOG("%s", lines[i]);
		EXPECT_TRUE(COMPLAINS("cannot write the output: No space left on device"));
		/* a closed one is no reason to write into the next file that is opened */
		snprintf(script, sizeof(script), "%s >&-", lines[i]);
		EXPECT_EQ(1, SH(script));
		EXPECT_TRUE(is_one_complaint())
			TH_LOG("%s", lines[i]);
		EXPECT_TRUE(COMPLAINS("cannot write the output: Bad file descriptor"));
	}
	/* whose id was not printed is gone */
	EXPECT_EQ(0, KIPC("ls", I, "msg"));
	EXPECT_EQ(1, lines_of(said.out));
}

TEST_F_TIMEOUT(instance, without_standard_descriptors_it_works_as_ever, 120)
{
	EXPECT_EQ(0, SH("kipc ls <&- 2>&- | grep -c ID"));
	EXPECT_STREQ("4\n", said.out);
	EXPECT_EQ(3, SH("kipc pipeline 'echo one' 'tr a-z A-Z' 'cat; exit 3' <&- 2>&-"));
	EXPECT_STREQ("ONE\n", said.out);
	EXPECT_EQ(4, SH("kipc exec -i " OWN " sh -c 'ipcmk -Q; exit 4' <&- 2>&- >&-"));
	/* and what it runs does not find them open */
	EXPECT_EQ(0, SH("kipc exec -q sh -c 'ls /proc/$$/fd | tr \"\\n\" \" \"' <&- 2>&-"));
	EXPECT_FALSE(matches(said.out, "^0 |2 "));
	EXPECT_EQ(0, KIPC("rm", I, "msg", "0"));
}

TEST_F(instance, reader_that_has_gone_ends_it_as_other_programs)
{
	char *const plain[] = {
		"/bin/bash", "-c",
		"kipc watch -s 0.1 | head -n 1 > /dev/null; echo ${PIPESTATUS[0]}", NULL
	};
	char *const ignored[] = {
		"/bin/bash", "-c",
		"trap '' PIPE; { kipc watch -s 0.1; echo $? >&2; } | true", NULL
	};

	EXPECT_EQ(0, run_as(0, plain));
	EXPECT_STREQ("141\n", said.out);
	EXPECT_STREQ("", said.err);
	EXPECT_EQ(0, run_as(0, ignored));
	EXPECT_TRUE(COMPLAINS("^kipc: cannot write the output: Broken pipe$"));
	EXPECT_TRUE(COMPLAINS("^1$"));
}

TEST_F(instance, names_in_messages_do_not_command_the_terminal)
{
	EXPECT_EQ(1, KIPC("stat", "/tmp/\033[2J\302\2331m\377"));
	EXPECT_TRUE(COMPLAINS("^kipc: cannot look at /tmp/\\?\\[2J\\?\\?1m\\?: No such file"));
	EXPECT_EQ(2, KIPC("ls", "\033[2J"));
	EXPECT_TRUE(COMPLAINS("there is no kind '\\?\\[2J'"));
	EXPECT_EQ(1, KIPC("doctor", "-i", "/tmp/\033[2J"));
	EXPECT_EQ(NULL, strchr(said.out, '\033'));
}

/* --- very much of it */

#define MANY 1000

static bool make_many(const struct instance *in, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (segment(in, 0x1000 + i) < 0)
			return false;
	return true;
}

/* They are more than any buffer has room for; each of them is there once. */
TEST_F_TIMEOUT(instance, thousands_are_listed_watched_and_told_after_a_program, 300)
{
	char text[64];

	ASSERT_TRUE(make_many(&self->in, MANY));
	snprintf(text, sizeof(text), "%d\n", MANY);
	EXPECT_EQ(0, SH("kipc ls -i " OWN " shm | grep -c 0x"));
	EXPECT_STREQ(text, said.out);
	EXPECT_EQ(0, SH("kipc ls -lj -i " OWN " shm | grep -o 'key.: [0-9]*' | sort -u | wc -l"));
	EXPECT_STREQ(text, said.out);
	EXPECT_EQ(0, SH("kipc watch -n 2 -s 0.1 -i " OWN " | grep -c 'shm:.* 0 B/s '"));
	EXPECT_STREQ(text, said.out);
	/* none of these was left by the program */
	EXPECT_EQ(0, KIPC("exec", I, "ipcmk", "-M", "4096"));
	EXPECT_EQ(3, lines_of(said.err));
	EXPECT_EQ(0, KIPC("exec", I, "ipcrm", "-a"));
	EXPECT_STREQ("", said.err);
	EXPECT_EQ(0, seg_info(&self->in).used_ids);
}

/* What goes while it is listed is not there, and no reason to fail. */
TEST_F_TIMEOUT(instance, objects_that_come_and_go_meanwhile_are_no_failure, 120)
{
	pid_t pid = child_fork();
	int i;

	if (!pid)
		for (;;)
			seg_remove(&self->in, segment(&self->in, 0x11));
	for (i = 0; i < 10; i++) {
		EXPECT_EQ(0, KIPC("ls", I, "-j", "-l"));
		EXPECT_TRUE(says_json(1));
	}
	EXPECT_EQ(0, KIPC("exec", I, "true"));
	children_reap();
	KIPC("rm", I, "shm", "-k", "0x11");
}

TEST_HARNESS_MAIN
