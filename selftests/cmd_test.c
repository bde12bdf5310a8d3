// SPDX-License-Identifier: GPL-2.0
/*
 * The kipc command: what it says, in words and as JSON, its exit codes, and what it makes of
 * bad input. There are other programs for 'kipc exec', 'kipc watch' and 'kipc doctor', for
 * where the output goes (cmd_output_test) and for what bash completes (cmd_complete_test).
 */
#include "command.h"

#define I "--instance", OWN

static const char *const subcommands[] = {
	"ls", "stat", "watch", "mk", "rm", "limits", "exec", "pipeline", "size", "doctor",
};

#define EACH(name) for (size_t i__ = 0; \
	i__ < sizeof(subcommands) / sizeof(subcommands[0]) && ((name) = subcommands[i__]); i__++)

/* An object of each kind in the instance; their ids */
static int made[4];

static int make_one_of_each(void)
{
	if (KIPC("mk", I, "-k", "0x11", "shm", "8192"))
		return -1;
	made[0] = atoi(said.out);
	if (KIPC("mk", I, "-k", "0x22", "sem", "3"))
		return -1;
	made[1] = atoi(said.out);
	if (KIPC("mk", I, "-k", "0x33", "msg"))
		return -1;
	made[2] = atoi(said.out);
	if (KIPC("mk", I, "-k", "0x44", "sig"))
		return -1;
	made[3] = atoi(said.out);
	return 0;
}

static char *name_of(const char *kind, int id)
{
	static char names[4][32];
	static int turn;

	turn = (turn + 1) % 4;
	snprintf(names[turn], sizeof(names[turn]), "%s:%d", kind, id);
	return names[turn];
}

/* --- the checks of this program themselves */

TEST(json_that_is_none_is_found)
{
	static const char *const good[] = {
		"{}\n", "[]\n", "[1, -2.5, \"a\\u0041\\\"\", true, null]\n",
		"{\"a\": {\"b\": [{}, {\"c\": 0}]}}\n",
	};
	static const char *const bad[] = {
		"", "\n", "{}", "{}\n\n", "{,}\n", "[1,]\n", "[1 2]\n", "{\"a\"}\n", "{a: 1}\n",
		"{\"a\": 01}\n", "{\"a\": 1.}\n", "[\"\\x\"]\n", "[\"a\n\"]\n", "[1}\n", "{}{}\n",
		"[nul]\n", "{\"a\": 1, }\n", "[1]]\n", "\"abc\n",
	};

	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		EXPECT_TRUE(is_json(good[i], 1))
			TH_LOG("%zu", i);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		EXPECT_FALSE(is_json(bad[i], 1))
			TH_LOG("%zu", i);
	EXPECT_TRUE(is_json("{}\n[1]\n", 2));
	EXPECT_FALSE(is_json("{}\n[1]\n", 1));
}

/* --- the command line */

TEST_F(instance, every_subcommand_has_help_that_tells_how_it_exits)
{
	const char *name;

	EXPECT_EQ(0, KIPC("--help"));
	EACH(name)
		EXPECT_NE(NULL, strstr(said.out, name));
	EACH(name) {
		char usage[32];

		snprintf(usage, sizeof(usage), "^Usage: kipc %s ", name);
		EXPECT_EQ(0, KIPC((char *)name, "--help"));
		EXPECT_TRUE(SAYS(usage));
		EXPECT_TRUE(SAYS("^Exits "));
		EXPECT_STREQ("", said.err);
		EXPECT_EQ(0, KIPC("help", (char *)name));
		EXPECT_TRUE(SAYS(usage));
	}
	EXPECT_EQ(0, KIPC("--version"));
	EXPECT_TRUE(SAYS("^kipc [0-9.]+ \\(ABI [0-9]+\\)$"));
}

TEST_F(instance, a_wrong_command_line_is_2_and_says_what_is_right)
{
	const char *name;

	EXPECT_EQ(2, KIPC("lss"));
	EXPECT_TRUE(COMPLAINS("there is no command 'lss'"));
	EACH(name) {
		EXPECT_EQ(2, KIPC((char *)name, "--frobnicate"));
		EXPECT_TRUE(COMPLAINS("--frobnicate is unknown"));
		EXPECT_TRUE(COMPLAINS("^Usage: kipc "));
		EXPECT_EQ(2, lines_of(said.err));
		EXPECT_STREQ("", said.out);
	}
	EXPECT_EQ(2, KIPC("ls", "foo"));
	EXPECT_TRUE(COMPLAINS("no kind 'foo'.*shm sem msg sig"));
	EXPECT_EQ(2, KIPC("stat", "foo:1"));
	EXPECT_EQ(2, KIPC("stat", "shm:x"));
	EXPECT_EQ(2, KIPC("mk", "shm", "0"));
	EXPECT_EQ(2, KIPC("mk", "sem"));
	EXPECT_EQ(2, KIPC("rm", "shm"));
	EXPECT_EQ(2, KIPC("watch", "-n", "0"));
	EXPECT_EQ(2, KIPC("watch", "-s", "0.01"));
	EXPECT_EQ(2, KIPC("watch", "-s", "nan"));
	EXPECT_EQ(2, KIPC("exec"));
	EXPECT_TRUE(COMPLAINS("PROGRAM to run is missing"));
	EXPECT_EQ(2, KIPC("exec", "--new", "-i", "/x", "true"));
	EXPECT_EQ(2, KIPC("exec", "--families", "shm,foo", "true"));
	EXPECT_TRUE(COMPLAINS("'foo' is no family"));
}

/* --- what cannot be done */

TEST_F(instance, an_instance_that_is_not_there_is_1_and_one_sentence)
{
	static char *const commands[] = { "ls", "stat", "watch", "limits" };

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		EXPECT_EQ(1, KIPC(commands[i], "-i", "/nowhere"));
		EXPECT_TRUE(is_one_complaint())
			TH_LOG("%s%s", said.out, said.err);
		EXPECT_TRUE(COMPLAINS("/nowhere: it does not exist; --instance or KIPC_DEV"));
		EXPECT_EQ(1, KIPC(commands[i], "-i", "/proc"));
		EXPECT_TRUE(is_one_complaint());
		EXPECT_TRUE(COMPLAINS("kipcfs is mounted"));
	}
	EXPECT_EQ(1, KIPC("ls", "-i", "/dev/null"));
	EXPECT_TRUE(COMPLAINS("/dev/null is not a node of kipc; name one with"));
}

TEST_F(instance, without_the_device_one_is_told_to_load_the_module)
{
	/* in the test's own namespace of mounts */
	ASSERT_EQ(0, mount("none", "/dev", "tmpfs", 0, NULL));
	EXPECT_EQ(1, KIPC("ls"));
	EXPECT_TRUE(is_one_complaint());
	EXPECT_TRUE(COMPLAINS("/dev/kipc: it does not exist; load the module \\(modprobe kipc\\)"));
	EXPECT_EQ(1, KIPC("doctor"));
	EXPECT_TRUE(SAYS("^PROBLEM +device .*load the module"));
	EXPECT_TRUE(SAYS("^1 problem found\\.$"));
	EXPECT_EQ(0, umount("/dev"));
}

TEST_F(instance, a_node_that_one_may_not_open_is_1_and_one_sentence)
{
	ASSERT_EQ(0, kipcfs_mount(SECOND, "mode=600"));
	EXPECT_EQ(1, KIPC_AS(OTHER_UID, "ls", "-i", SECOND));
	EXPECT_TRUE(is_one_complaint());
	EXPECT_TRUE(COMPLAINS("you may not open it; it is open to every user unless"));
	EXPECT_EQ(1, KIPC_AS(OTHER_UID, "doctor", "-i", SECOND));
	EXPECT_TRUE(SAYS("^PROBLEM +device .*you may not open it"));
	EXPECT_EQ(0, KIPC("ls", "-i", SECOND));
	EXPECT_EQ(0, umount(SECOND));
}

TEST_F(instance, a_limit_that_is_hit_is_1_and_says_which)
{
	EXPECT_EQ(0, KIPC("limits", I, "shmmni=0", "msgmni=0", "shmmax=4096", "sem=2 9 9 1"));
	EXPECT_EQ(1, KIPC("mk", I, "shm", "4096"));
	EXPECT_TRUE(is_one_complaint());
	EXPECT_TRUE(COMPLAINS("shmmni and shmall"));
	EXPECT_EQ(1, KIPC("mk", I, "shm", "4097"));
	EXPECT_TRUE(COMPLAINS("'kipc limits shmmax'"));
	EXPECT_EQ(1, KIPC("mk", I, "msg"));
	EXPECT_TRUE(COMPLAINS("'kipc limits msgmni'"));
	EXPECT_EQ(1, KIPC("mk", I, "sem", "3"));
	EXPECT_TRUE(COMPLAINS("'kipc limits sem'"));
	EXPECT_EQ(1, KIPC("limits", I, "shmmax=x"));
	EXPECT_TRUE(COMPLAINS("cannot set the limit shmmax to 'x'"));
	EXPECT_EQ(1, KIPC("limits", I, "nonsense"));
	EXPECT_TRUE(is_one_complaint());
	EXPECT_TRUE(COMPLAINS("no limit 'nonsense'; there is: msg_next_id msgmax .* sigqmax"));
	EXPECT_EQ(1, KIPC("limits", I, "sigqmx=5"));
	EXPECT_TRUE(COMPLAINS("there is no limit 'sigqmx'; there is: .* sigqmax"));
	EXPECT_EQ(2, KIPC("limits", I, "sigqmax="));
	EXPECT_TRUE(COMPLAINS("a value is missing behind sigqmax="));
}

TEST_F(instance, what_is_another_users_is_not_removed)
{
	char id[16];

	ASSERT_EQ(0, make_one_of_each());
	snprintf(id, sizeof(id), "%d", made[0]);
	EXPECT_EQ(1, KIPC_AS(OTHER_UID, "rm", I, "shm", id));
	EXPECT_TRUE(COMPLAINS("only its owner, its creator or root can"));
	EXPECT_EQ(0, KIPC("rm", I, "shm", id));
	EXPECT_EQ(1, KIPC("rm", I, "shm", id));
	EXPECT_TRUE(COMPLAINS("the instance has none of this id; 'kipc ls' shows"));
}

/* Of 'kipc exec' that is in cmd_exec_test. */
TEST_F_TIMEOUT(instance, exit_status_of_mk_and_pipeline_is_that_of_what_they_run, 120)
{
	EXPECT_EQ(0, KIPC("mk", I, "msg", "--autoremove", "--", "sh", "-c",
			  "kipc stat msg:$KIPC_ID; echo $KIPC_DEV"));
	EXPECT_TRUE(SAYS("^object +msg:[0-9]+$"));
	EXPECT_TRUE(SAYS("^" OWN "$"));
	EXPECT_EQ(7, KIPC("mk", I, "msg", "--autoremove", "--", "sh", "-c", "exit 7"));
	EXPECT_EQ(127, KIPC("mk", I, "msg", "--", "no-such-program"));
	EXPECT_TRUE(is_one_complaint());
	EXPECT_EQ(126, KIPC("mk", I, "msg", "--", "/etc/passwd"));
	EXPECT_TRUE(is_one_complaint());
	/* those that ran nothing have left nothing */
	EXPECT_TRUE(EVENTUALLY(!KIPC("ls", I, "msg") && lines_of(said.out) == 1));

	EXPECT_EQ(5, KIPC("pipeline", I, "exit 3", "exit 4", "exit 5"));
	EXPECT_EQ(0, KIPC("pipeline", I, "exit 3", "exit 4", "true"));
	EXPECT_EQ(4, KIPC("pipeline", I, "-p", "exit 3", "exit 4", "true"));
	EXPECT_EQ(137, KIPC("pipeline", I, "true", "kill -KILL $$"));
	EXPECT_EQ(127, KIPC("pipeline", I, "true", "no-such-program"));
	EXPECT_EQ(0, KIPC("pipeline", I, "yes", "head -n 1"));
	EXPECT_STREQ("y\n", said.out);
	EXPECT_EQ(1, KIPC("pipeline", I, "-s", "1T", "true", "true"));
	EXPECT_TRUE(is_one_complaint());
}

/* --- what it shows */

TEST_F(instance, objects_are_listed_in_tables_and_gone_when_they_are_removed)
{
	ASSERT_EQ(0, make_one_of_each());
	EXPECT_EQ(0, KIPC("ls", I));
	EXPECT_TRUE(SAYS("^shared memory segments:$"));
	EXPECT_TRUE(SAYS("^ +[0-9]+ 0x00000011 root +600 +8192 +0 +0$"));
	EXPECT_TRUE(SAYS("^ +[0-9]+ 0x00000022 root +600 +3 +0 +0 +0$"));
	EXPECT_TRUE(SAYS("^ +[0-9]+ 0x00000033 root +600 +0 +0 +16384 +0 +0 +0$"));
	EXPECT_TRUE(SAYS("^ +[0-9]+ 0x00000044 root +600 +0 +1024 +0 +0 +0$"));
	EXPECT_EQ(0, KIPC("rm", I, "sem", "-k", "0x22"));
	EXPECT_EQ(0, KIPC("ls", I, "sem"));
	EXPECT_FALSE(matches(said.out, "0x00000022"));
	EXPECT_EQ(1, lines_of(said.out));
}

TEST_F(instance, json_is_json_for_every_listing)
{
	ASSERT_EQ(0, make_one_of_each());
	EXPECT_EQ(0, KIPC("ls", I, "-j"));
	EXPECT_TRUE(says_json(1));
	EXPECT_TRUE(SAYS("\"shm\": \\[\\{\"kind\": \"shm\", \"id\": [0-9]+, \"key\": 17,"));
	EXPECT_EQ(0, KIPC("ls", I, "-j", "-l"));
	EXPECT_TRUE(says_json(1));
	EXPECT_TRUE(SAYS("\"holders\": \\[\\], \"waiters\": \\[\\]"));
	EXPECT_EQ(0, KIPC("ls", I, "-j", "msg"));
	EXPECT_TRUE(says_json(1));
	EXPECT_EQ(0, KIPC("stat", I, "-j"));
	EXPECT_TRUE(says_json(1));
	EXPECT_EQ(0, KIPC("stat", I, "-j", name_of("shm", made[0]), name_of("sem", made[1]),
			  name_of("msg", made[2]), name_of("sig", made[3])));
	EXPECT_TRUE(says_json(1));
	EXPECT_EQ(0, KIPC("limits", I, "-j"));
	EXPECT_TRUE(says_json(1));
	EXPECT_TRUE(SAYS("\"sem\": \\[32000, "));
	EXPECT_EQ(0, KIPC("doctor", I, "-j"));
	EXPECT_TRUE(says_json(1));
	EXPECT_EQ(1, KIPC("doctor", "-i", "/nowhere", "-j"));
	EXPECT_TRUE(says_json(1));
	EXPECT_EQ(0, KIPC("watch", I, "-j", "-n", "2", "-s", "0.1"));
	EXPECT_TRUE(says_json(2));
}

TEST_F(instance, what_cannot_be_shown_does_not_keep_the_rest)
{
	ASSERT_EQ(0, make_one_of_each());
	EXPECT_EQ(1, KIPC("stat", I, "-j", name_of("shm", made[0]), "shm:2147483647"));
	EXPECT_TRUE(says_json(1));
	EXPECT_TRUE(SAYS("\"kind\": \"shm\""));
	EXPECT_TRUE(COMPLAINS("^kipc: cannot read the figures of shm:2147483647: "));
}

/* A full disk must not look like success. */
TEST_F(instance, output_that_cannot_be_written_is_1)
{
	char *const argv[] = { "/bin/sh", "-c", "kipc ls > /dev/full", NULL };

	EXPECT_EQ(1, run_as(0, argv));
	EXPECT_TRUE(COMPLAINS("cannot write the output: No space left"));
}

/* --- holders and waiters */

/* A child with something of the instance that sleeps until it is killed; its name is "holder" */
#define HOLDER(...) ({ \
	pid_t pid__ = child_fork(); \
	if (!pid__) { \
		prctl(PR_SET_NAME, "holder"); \
		__VA_ARGS__; \
		pause(); \
		_exit(1); \
	} \
	pid__; \
})

static char holder_text[128];

static const char *holder_says(const char *before, pid_t pid, const char *after)
{
	snprintf(holder_text, sizeof(holder_text), "^%s%d \\(holder\\)%s$", before, pid, after);
	return holder_text;
}

TEST_F(instance, who_has_memory_attached_is_named)
{
	struct instance other = { .dir = SECOND };
	pid_t pid, stranger;
	int id;

	/* a segment of the same id elsewhere, with a holder of its own */
	ASSERT_EQ(0, kipcfs_mount(SECOND, NULL));
	ASSERT_EQ(0, instance_open(&other));
	ASSERT_EQ(0, make_one_of_each());
	next_second();
	id = segment(&other, 0x11);
	EXPECT_EQ(made[0], id);
	pid = HOLDER(seg_attach(&self->in, made[0]); seg_attach(&self->in, made[0]));
	stranger = HOLDER(seg_attach(&other, id));
	ASSERT_TRUE(wait_blocked(pid, CALL_PAUSE));
	ASSERT_TRUE(wait_blocked(stranger, CALL_PAUSE));

	EXPECT_EQ(0, KIPC("stat", I, name_of("shm", made[0])));
	EXPECT_TRUE(SAYS(holder_says("held by +", pid, ", attached x 2")));
	EXPECT_FALSE(matches(said.out, holder_says(".*", stranger, ".*")));
	EXPECT_EQ(0, KIPC("ls", "-l", I, "shm"));
	EXPECT_TRUE(SAYS(holder_says(" +held by +", pid, ", attached x 2")));
	EXPECT_EQ(0, KIPC("ls", "-l", "-i", SECOND));
	EXPECT_TRUE(SAYS(holder_says(" +held by +", stranger, ", attached")));
	EXPECT_FALSE(matches(said.out, holder_says(".*", pid, ".*")));

	children_reap();
	EXPECT_EQ(0, KIPC("stat", I, name_of("shm", made[0])));
	EXPECT_FALSE(matches(said.out, "held by"));
	instance_close(&other);
	EXPECT_TRUE(EVENTUALLY(umount(SECOND) == 0));
}

static void hold_descriptors(int node, bool wait)
{
	struct kipc_sem_op ops[] = {
		{ .num = 1, .op = 1 }, { .num = 1, .op = -1, .flags = KIPC_SEM_UNDO },
		{ .num = 2, .op = -1 },
	};
	struct kipc_sem_ops arg = {
		.id = made[1], .ops = (unsigned long)ops, .nops = 2,
		.timeout = KIPC_TIMEOUT_NONE,
	};
	struct kipc_sem_open sem = { .id = made[1] };
	struct kipc_msg_open msg = { .id = made[2] };

	if (ioctl(node, KIPC_IOC_SEM_OP, &arg) || ioctl(node, KIPC_IOC_SEM_OPEN, &sem) ||
	    ioctl(node, KIPC_IOC_MSG_OPEN, &msg) || dup(msg.fd) < 0)
		_exit(3);
	arg.ops = (unsigned long)&ops[2];
	arg.nops = 1;
	if (wait)
		ioctl(node, KIPC_IOC_SEM_OP, &arg);
}

TEST_F(instance, who_has_descriptors_or_adjustments_or_waits_is_named)
{
	pid_t pid;

	ASSERT_EQ(0, make_one_of_each());
	pid = HOLDER(hold_descriptors(self->in.node, true));
	ASSERT_TRUE(wait_blocked(pid, SYS_ioctl));
	EXPECT_EQ(0, KIPC("stat", I, name_of("sem", made[1])));
	EXPECT_TRUE(SAYS(holder_says("held by +", pid, ", descriptor, will undo sem 1 1")));
	EXPECT_TRUE(SAYS(holder_says("waiting +", pid, ", sem 2 larger")));
	EXPECT_EQ(0, KIPC("stat", I, name_of("msg", made[2])));
	EXPECT_TRUE(SAYS(holder_says("held by +", pid, ", descriptor x 2")));
	EXPECT_FALSE(matches(said.out, "waiting  .*holder"));
	EXPECT_EQ(0, KIPC("ls", "-l", "-j", I));
	EXPECT_TRUE(says_json(1));
	EXPECT_TRUE(SAYS("\"name\": \"holder\", \"for\": \"sem 2 larger\""));
	EXPECT_TRUE(SAYS("\"name\": \"holder\", \"attached\": 0, \"descriptors\": 2"));
}

TEST_F(instance, who_has_a_pipe_open_or_sleeps_in_it_is_named)
{
	int fds[2];
	char path[64], byte;
	pid_t pid;

	ASSERT_EQ(0, kipc_pipe(self->in.node, fds, KIPC_PIPE_CLOEXEC, 0));
	pid = HOLDER(close(fds[1]); read(fds[0], &byte, 1));
	ASSERT_TRUE(wait_blocked(pid, SYS_read));
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fds[0]);
	EXPECT_EQ(0, KIPC("stat", path));
	EXPECT_TRUE(SAYS(holder_says(" +(held by)? +", pid, ", reads")));
	EXPECT_TRUE(SAYS("\\(cmd_test\\), reads, writes$"));
	EXPECT_TRUE(SAYS(holder_says(" +waiting +", pid, ", read")));
	EXPECT_EQ(0, KIPC("stat", "-j", path));
	EXPECT_TRUE(says_json(1));
	EXPECT_TRUE(SAYS("\"for\": \"read\""));
	children_reap();
	close(fds[0]);
	close(fds[1]);
}

TEST_F(instance, who_may_not_look_is_told_that_nothing_is_known)
{
	pid_t pid;

	ASSERT_EQ(0, make_one_of_each());
	pid = HOLDER(hold_descriptors(self->in.node, true));
	ASSERT_TRUE(wait_blocked(pid, SYS_ioctl));
	/* whoever may use them: the list needs no permission, a look into them does */
	EXPECT_EQ(0, KIPC_AS(OTHER_UID, "ls", "-l", "-j", I, "sem"));
	EXPECT_TRUE(says_json(1));
	EXPECT_TRUE(SAYS("\"sleepers\": 1"));
	EXPECT_TRUE(SAYS("\"holders\": \\[\\], \"waiters\": null"));
	EXPECT_EQ(1, KIPC_AS(OTHER_UID, "stat", I, name_of("sem", made[1])));
	EXPECT_TRUE(COMPLAINS("its permissions do not allow it; its owner or root can"));
}

/* A child that has subscribed and waits for a signal */
static void wait_for_signal(int node)
{
	struct kipc_sig_subscribe subscribe = { .id = made[3] };
	char info[128];

	if (ioctl(node, KIPC_IOC_SIG_SUBSCRIBE, &subscribe))
		_exit(3);
	read(subscribe.fd, info, sizeof(info));
}

TEST_F(instance, who_waits_for_a_signal_is_named)
{
	pid_t pid;

	ASSERT_EQ(0, make_one_of_each());
	pid = HOLDER(wait_for_signal(self->in.node));
	ASSERT_TRUE(wait_blocked(pid, SYS_read));
	EXPECT_EQ(0, KIPC("stat", I, name_of("sig", made[3])));
	EXPECT_TRUE(SAYS("^subscribers +1$"));
	EXPECT_TRUE(SAYS(holder_says("held by +", pid, ", descriptor")));
	EXPECT_TRUE(SAYS(holder_says("waiting +", pid, ", subscriber [0-9]+")));
}

TEST_HARNESS_MAIN
