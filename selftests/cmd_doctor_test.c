// SPDX-License-Identifier: GPL-2.0
/*
 * 'kipc doctor', and what the other commands say where something is wrong: the module is not
 * loaded or of another version, the device cannot be opened, a limit is reached.
 */
#include "command.h"
#include "unload.h"

#define I "--instance", OWN

/* The same command, from a header of the next version of the ABI, and of the last one */
#define KIPC_NEXT	KIPC_COMMAND "-next"
#define KIPC_LAST	KIPC_COMMAND "-last"

#define RUN(...) run_as(0, (char *const []){ __VA_ARGS__, NULL })

/* Has it found a problem about @check, in words that match @text? */
#define PROBLEM(check, text) SAYS("^PROBLEM +" check " +" text)

TEST_F(instance, doctor_finds_nothing_here)
{
	EXPECT_EQ(0, KIPC("doctor"));
	EXPECT_TRUE(SAYS("^ok +module "));
	EXPECT_TRUE(SAYS("^ok +device "));
	EXPECT_TRUE(SAYS("^ok +abi "));
	EXPECT_TRUE(SAYS("^ok +limits +no limit is near$"));
	EXPECT_TRUE(SAYS("^ok +shim .*/libkipc-preload\\.so"));
	EXPECT_TRUE(SAYS("^(ok|note) +sysvipc "));
	EXPECT_TRUE(SAYS("^(ok|note) +namespaces "));
	EXPECT_TRUE(SAYS("^kipc is in good health\\.$"));
}

TEST_F(instance, doctor_says_where_the_library_is_not)
{
	char *const argv[] = {
		"/usr/bin/env", "KIPC_PRELOAD=/nowhere/lib.so", "kipc", "doctor", NULL
	};

	EXPECT_EQ(1, run_as(0, argv));
	EXPECT_TRUE(PROBLEM("shim", ".*/nowhere/lib\\.so.*KIPC_PRELOAD"));
}

/* --- the module */

/* Without anything that would keep the module */
FIXTURE(nothing)
{
	long long objects;
};

FIXTURE_SETUP(nothing)
{
	self->objects = param_get("objects");
	ASSERT_EQ(0, self->objects);
}

FIXTURE_TEARDOWN(nothing)
{
	EXPECT_EQ(self->objects, param_get("objects"));
}

TEST_F_TIMEOUT(nothing, without_the_module_each_command_says_so_in_one_sentence, 120)
{
	static char *const commands[] = { "ls", "stat", "watch" };
	int device;

	ASSERT_TRUE(module_unload());
	EXPECT_EQ(1, KIPC("doctor"));
	EXPECT_TRUE(PROBLEM("module", "kipc is not loaded; as root run 'modprobe kipc'"));
	EXPECT_TRUE(SAYS("^ok +shim "));
	EXPECT_TRUE(SAYS("^1 problem found\\.$"));
	EXPECT_FALSE(matches(said.out, " device "));
	EXPECT_EQ(1, KIPC("doctor", "-j"));
	EXPECT_TRUE(says_json(1));
	EXPECT_TRUE(SAYS("\"check\": \"module\", \"good\": false, \"note\": false, \"text\": \"k"));
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		EXPECT_EQ(1, KIPC(commands[i]));
		EXPECT_TRUE(is_one_complaint());
		EXPECT_TRUE(COMPLAINS("/dev/kipc: it does not exist; load the module"));
	}
	EXPECT_EQ(1, KIPC("mk", "msg"));
	EXPECT_TRUE(is_one_complaint());
	EXPECT_EQ(1, KIPC("rm", "msg", "0"));
	EXPECT_TRUE(is_one_complaint());
	EXPECT_EQ(1, KIPC("pipeline", "echo ran", "cat"));
	EXPECT_TRUE(is_one_complaint());
	EXPECT_EQ(125, KIPC("exec", "echo", "ran"));
	EXPECT_TRUE(is_one_complaint());
	EXPECT_EQ(125, KIPC("exec", "--new", "echo", "ran"));
	EXPECT_TRUE(is_one_complaint());
	EXPECT_TRUE(COMPLAINS("knows no file system kipcfs; load the module"));
	device = module_load();
	ASSERT_LE(0, device);
	close(device);
	EXPECT_EQ(0, KIPC("doctor"));
}

/* To a command of the next version this module is an old one. */
TEST_F_TIMEOUT(instance, an_old_module_is_told_with_both_versions, 120)
{
	char text[160];

	snprintf(text, sizeof(text), "the module has ABI %d, older than this program's %d; install",
		 KIPC_ABI_VERSION, KIPC_ABI_VERSION + 1);
	EXPECT_EQ(1, RUN(KIPC_NEXT, "doctor"));
	EXPECT_TRUE(PROBLEM("abi", ".*; install the module built with it and load that"));
	EXPECT_TRUE(SAYS(text));
	EXPECT_TRUE(SAYS("^1 problem found\\.$"));
	EXPECT_EQ(125, RUN(KIPC_NEXT, "exec", I, "echo", "ran"));
	EXPECT_TRUE(is_one_complaint());
	EXPECT_TRUE(COMPLAINS("the module has ABI [0-9]+, older than this program's"));
	EXPECT_EQ(0, RUN(KIPC_NEXT, "--version"));
	snprintf(text, sizeof(text), "\\(ABI %d\\)$", KIPC_ABI_VERSION + 1);
	EXPECT_TRUE(SAYS(text));
}

TEST_F(instance, a_newer_module_is_none_the_worse_for_it)
{
	char text[160];

	snprintf(text, sizeof(text), "^ok +abi +.* ABI %d, newer than this program's %d, which",
		 KIPC_ABI_VERSION, KIPC_ABI_VERSION - 1);
	EXPECT_EQ(0, RUN(KIPC_LAST, "doctor"));
	EXPECT_TRUE(SAYS(text));
	EXPECT_EQ(0, RUN(KIPC_LAST, "exec", I, "true"));
	EXPECT_STREQ("", said.err);
}

/* --- the device */

TEST_F_TIMEOUT(instance, a_device_that_is_not_for_all_is_told_to_root_and_to_the_others, 120)
{
	struct stat st;

	ASSERT_EQ(0, stat(KIPC_DEVICE, &st));
	ASSERT_EQ(0, chmod(KIPC_DEVICE, 0600));
	EXPECT_EQ(1, KIPC("doctor"));
	EXPECT_TRUE(PROBLEM("permissions", "/dev/kipc has mode 0600, .* 'chmod 0666 /dev/kipc'"));
	EXPECT_EQ(1, KIPC_AS(OTHER_UID, "doctor"));
	EXPECT_TRUE(PROBLEM("device", "/dev/kipc cannot be opened: you may not open it"));
	EXPECT_EQ(1, KIPC_AS(OTHER_UID, "ls"));
	EXPECT_TRUE(is_one_complaint());
	EXPECT_TRUE(COMPLAINS("cannot open /dev/kipc: you may not open it"));
	EXPECT_EQ(125, KIPC_AS(OTHER_UID, "exec", "echo", "ran"));
	EXPECT_TRUE(is_one_complaint());
	EXPECT_EQ(0, chmod(KIPC_DEVICE, st.st_mode & 07777));
}

TEST_F(instance, a_file_that_is_no_device_is_told)
{
	EXPECT_EQ(1, KIPC("doctor", "-i", "/dev/null"));
	EXPECT_TRUE(PROBLEM("abi", "/dev/null does not answer as kipc does"));
	EXPECT_EQ(1, KIPC("doctor", "-i", "/etc/passwd"));
	EXPECT_TRUE(PROBLEM("device", "/etc/passwd is not a node of an instance"));
	EXPECT_EQ(1, KIPC("doctor", "-i", "/tmp"));
	EXPECT_TRUE(PROBLEM("device", "/tmp/control cannot be opened: it does not exist"));
}

/* --- limits */

TEST_F_TIMEOUT(instance, limits_of_the_instance_that_are_reached_are_problems, 120)
{
	EXPECT_EQ(0, KIPC("doctor", I));
	EXPECT_TRUE(SAYS("^ok +limits "));
	EXPECT_EQ(0, KIPC("mk", I, "shm", "8192"));
	EXPECT_EQ(0, KIPC("mk", I, "sem", "9"));
	EXPECT_EQ(0, KIPC("mk", I, "msg"));
	EXPECT_EQ(0, KIPC("limits", I, "shmmni=1", "shmall=3", "msgmni=1", "sigmni=0",
			  "sem=9 10 9 2"));
	EXPECT_EQ(1, KIPC("doctor", I));
	EXPECT_TRUE(PROBLEM("limits", "all segments of the instance are used, 1 of 1: "));
	EXPECT_TRUE(SAYS(": remove some \\(kipc rm shm\\), or raise shmmni \\(kipc limits\\)$"));
	EXPECT_TRUE(PROBLEM("limits", "all message queues of the instance are used, 1 of 1: "));
	EXPECT_TRUE(PROBLEM("limits", "all signal queues of the instance are used, 0 of 0: "));
	/* nearly */
	EXPECT_TRUE(SAYS("^note +limits +most semaphores of its sets are used, 9 of 10: "));
	EXPECT_FALSE(matches(said.out, "pages of its segments"));
	EXPECT_TRUE(SAYS("^3 problems found\\.$"));
	EXPECT_EQ(1, KIPC("doctor", I, "-j"));
	EXPECT_TRUE(says_json(1));
}

TEST_F(instance, limits_of_a_user_are_told_to_them)
{
	long long before = param_get("pipe_user_pages");

	ASSERT_EQ(0, param_set("pipe_user_pages", 4));
	EXPECT_EQ(1, KIPC_AS(OTHER_UID, "doctor"));
	EXPECT_TRUE(PROBLEM("pipe", "no pipe can be made: .* pipe_user_pages \\(4 pages in"));
	EXPECT_EQ(1, KIPC_AS(OTHER_UID, "pipeline", "echo ran", "cat"));
	EXPECT_TRUE(is_one_complaint());
	EXPECT_EQ(0, KIPC("doctor"));
	EXPECT_EQ(0, param_set("pipe_user_pages", before));
}

TEST_F(instance, a_process_without_descriptors_is_told_what_to_raise)
{
	EXPECT_EQ(1, RUN("/bin/sh", "-c", "ulimit -n 3; exec kipc ls"));
	EXPECT_TRUE(is_one_complaint());
	EXPECT_TRUE(COMPLAINS("/dev/kipc: this process has no descriptor left; raise 'ulimit -n'"));
	EXPECT_EQ(1, RUN("/bin/sh", "-c", "ulimit -n 4; exec kipc doctor"));
	EXPECT_TRUE(PROBLEM("pipe", "no pipe can be made: this process has no descriptor left"));
}

TEST_HARNESS_MAIN
