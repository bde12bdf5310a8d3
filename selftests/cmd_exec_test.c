// SPDX-License-Identifier: GPL-2.0
/*
 * 'kipc exec': stock programs on kipc, in an instance that is there or a new one; how it
 * exits, what it passes on, and what it reports. The programs are those of util-linux, and
 * shells.
 */
#include "terminal.h"

#include <dirent.h>

#define I "--instance", OWN
#define EXEC(...) KIPC("exec", __VA_ARGS__)
#define SH(script) "sh", "-c", script

/* How many directories of a new instance are left in @dir */
static int directories_left(const char *dir)
{
	struct dirent *entry;
	DIR *d = opendir(dir);
	int n = 0;

	while (d && (entry = readdir(d)))
		n += !strncmp(entry->d_name, "kipc-", 5);
	if (d)
		closedir(d);
	return n;
}

static int segments(const struct instance *in)
{
	return seg_info(in).used_ids;
}

/*
 * This program itself, for 'kipc exec' to run: it counts how often it gets SIGINT, until
 * SIGQUIT comes.
 */
static __attribute__((constructor)) void count_signals(void)
{
	int signo, count = 0;
	sigset_t set;

	if (!getenv("COUNT_SIGNALS"))
		return;
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	dprintf(1, "counting\n");
	while (!sigwait(&set, &signo) && signo != SIGQUIT) {
		count += signo == SIGINT;
		dprintf(1, "signal %d\n", signo);
	}
	dprintf(1, "interrupted %d times\n", count);
	_exit(0);
}

static char own_program[256];

/* --- the program runs on kipc */

TEST_F(instance, program_makes_its_objects_in_the_instance_and_they_are_reported)
{
	EXPECT_EQ(0, segments(&self->in));
	EXPECT_EQ(0, EXEC(I, "--", "ipcmk", "-M", "8192", "-p", "640"));
	EXPECT_TRUE(SAYS("^Shared memory id: [0-9]+$"));
	EXPECT_TRUE(COMPLAINS("^kipc: left behind: shared memory segments$"));
	EXPECT_TRUE(COMPLAINS("^ +[0-9]+ 0x[0-9a-f]{8} root +640 +8192 +0 +0$"));
	EXPECT_EQ(1, segments(&self->in));

	/* what was there before is not what this one has left */
	EXPECT_EQ(0, EXEC(I, "ipcmk", "-Q", "-S", "3"));
	EXPECT_TRUE(COMPLAINS("left behind: semaphore sets$"));
	EXPECT_TRUE(COMPLAINS("left behind: message queues$"));
	EXPECT_FALSE(matches(said.err, "shared memory"));
	EXPECT_EQ(0, EXEC(I, SH("ipcrm -a")));
	EXPECT_EQ(0, segments(&self->in));
	EXPECT_STREQ("", said.err);
}

TEST_F(instance, stock_tools_list_and_remove_what_a_new_instance_has)
{
	EXPECT_EQ(0, EXEC("--new", SH("ipcmk -M 4096 > /dev/null; ipcs -m; ipcs -m -i 0;"
				      "ipcrm -m 0; ipcs -m | grep -c 0x; lsipc -g | wc -l")));
	EXPECT_TRUE(SAYS("^0x[0-9a-f]+ +0 +root +644 +4096 +0"));
	EXPECT_TRUE(SAYS("^bytes=4096"));
	EXPECT_TRUE(SAYS("^0$"));
	EXPECT_STREQ("", said.err);
	EXPECT_EQ(0, segments(&self->in));
	EXPECT_EQ(0, directories_left("/tmp"));
}

TEST_F(instance, a_new_instance_goes_with_the_program_and_nobody_outside_sees_it)
{
	EXPECT_EQ(0, EXEC("--new", SH("ipcmk -Q > /dev/null; grep -c 'kipcfs' /proc/mounts;"
				      "echo $KIPC_DEV; kipc ls msg | grep -c 0x")));
	EXPECT_TRUE(SAYS("^/tmp/kipc-[A-Za-z0-9]{6}/control$"));
	EXPECT_TRUE(SAYS("^1$"));
	EXPECT_TRUE(COMPLAINS("left behind: message queues$"));
	EXPECT_TRUE(COMPLAINS("^kipc: all that went with the instance$"));
	EXPECT_EQ(0, directories_left("/tmp"));
	EXPECT_EQ(0, KIPC("ls", "-j"));
	EXPECT_TRUE(SAYS("\"msg\": \\[\\]"));
}

TEST_F(instance, a_user_without_privileges_gets_a_new_instance_and_stays_who_they_are)
{
	ASSERT_EQ(0, chmod("/tmp", 01777));
	EXPECT_EQ(0, KIPC_AS(OTHER_UID, "exec", "--new",
			     SH("id -u; ipcmk -M 4096 > /dev/null; ipcs -m; ipcrm -m 0")));
	EXPECT_TRUE(SAYS("^1000$"));
	EXPECT_TRUE(SAYS("^0x[0-9a-f]+ +0 +[a-z0-9]+ +644 +4096 +0"));
	EXPECT_STREQ("", said.err);
	EXPECT_EQ(0, directories_left("/tmp"));
}

/* What each of two users says who run programs in the instance that root has mounted */
#define AS(uid, ...) KIPC_AS(uid, "exec", I, "--", __VA_ARGS__)

TEST_F_TIMEOUT(instance, users_share_an_instance_and_keep_out_of_each_others_objects, 120)
{
	char id[16], key[16];

	EXPECT_EQ(0, AS(OTHER_UID, "ipcmk", "-M", "4096", "-p", "600"));
	EXPECT_TRUE(SAYS("^Shared memory id: [0-9]+$"));
	snprintf(id, sizeof(id), "%d", atoi(said.out + strcspn(said.out, "0123456789")));
	EXPECT_TRUE(COMPLAINS("^ +[0-9]+ 0x[0-9a-f]{8} [a-z0-9]+ +600 +4096 +0 +0$"));
	ASSERT_NE(NULL, strstr(said.err, "0x"));
	snprintf(key, sizeof(key), "%.10s", strstr(said.err, "0x"));

	/* the other user sees that it is there, and no more */
	EXPECT_EQ(0, KIPC_AS(THIRD_UID, "ls", I, "shm"));
	EXPECT_NE(NULL, strstr(said.out, key));
	EXPECT_EQ(1, AS(THIRD_UID, "ipcrm", "-m", id));
	EXPECT_TRUE(COMPLAINS("^ipcrm: permission denied"));
	EXPECT_EQ(1, AS(THIRD_UID, "ipcrm", "-M", key));
	EXPECT_TRUE(COMPLAINS("^ipcrm: permission denied"));
	EXPECT_EQ(1, KIPC_AS(THIRD_UID, "rm", I, "shm", id));
	EXPECT_TRUE(is_one_complaint());

	/* what each has left is told to each */
	EXPECT_EQ(0, AS(THIRD_UID, "ipcmk", "-Q"));
	EXPECT_TRUE(COMPLAINS("left behind: message queues$"));
	EXPECT_FALSE(matches(said.err, "shared memory"));
	EXPECT_EQ(0, AS(THIRD_UID, SH("ipcrm -q 0")));
	EXPECT_EQ(1, KIPC_AS(THIRD_UID, "limits", I, "shmmni=1"));
	EXPECT_TRUE(COMPLAINS("the owner of the mount, or root, can"));
	EXPECT_EQ(0, AS(OTHER_UID, "ipcrm", "-m", id));
	EXPECT_EQ(0, segments(&self->in));
}

TEST_F(instance, a_user_runs_programs_in_an_instance_that_they_have_mounted_themselves)
{
	char *const argv[] = {
		"/usr/bin/unshare", "-rm", "/bin/sh", "-ec",
		"mount -t tmpfs none /mnt; mkdir /mnt/mine; mount -t kipcfs none /mnt/mine;"
		"kipc exec --instance /mnt/mine ipcmk -S 2; kipc -i /mnt/mine ls sem;"
		"kipc limits -i /mnt/mine sem='5 6 7 8'; kipc limits -i /mnt/mine sem", NULL
	};

	EXPECT_EQ(0, run_as(OTHER_UID, argv));
	EXPECT_TRUE(SAYS("^Semaphore id: 0$"));
	EXPECT_TRUE(COMPLAINS("left behind: semaphore sets$"));
	EXPECT_TRUE(SAYS("^ +0 0x[0-9a-f]{8} root +644 +2 +0 +0 +0$"));
	EXPECT_TRUE(SAYS("^5[ \t]+6[ \t]+7[ \t]+8$"));
}

TEST_F(instance, tables_of_a_mounted_instance_are_laid_over_those_of_the_kernel)
{
	EXPECT_EQ(0, EXEC(I, "--tables", SH("ipcmk -M 4096 > /dev/null; ipcs -m; ipcrm -m 0")));
	EXPECT_TRUE(SAYS("^0x[0-9a-f]+ +0 +root +644 +4096 +0"));
	/* and there alone */
	EXPECT_EQ(1, EXEC(I, SH("grep ' /proc/sysvipc/' /proc/mounts")));
	EXPECT_STREQ("", said.out);
	EXPECT_EQ(125, EXEC("--tables", "true"));
	EXPECT_TRUE(COMPLAINS("tables of /dev/kipc are files of a mount, and there is none"));
}

TEST_F(instance, pipes_of_a_shell_are_those_of_kipc)
{
	EXPECT_EQ(0, EXEC(I, "--families", "pipe", SH("readlink /proc/self/fd/1 | cat")));
	EXPECT_TRUE(SAYS("^kipc_pipe:\\[[0-9]+\\]$"));
	EXPECT_EQ(0, EXEC(I, "--families", "sysv", SH("readlink /proc/self/fd/1 | cat")));
	EXPECT_TRUE(SAYS("^pipe:\\[[0-9]+\\]$"));
}

TEST_F(instance, calls_are_traced)
{
	char text[4096];

	EXPECT_EQ(0, EXEC(I, "--trace", "/tmp/trace", "ipcmk", "-M", "4096"));
	EXPECT_LT(0, file_read("/tmp/trace", text, sizeof(text)));
	EXPECT_TRUE(matches(text, "^[0-9]+ shmget\\("))
		TH_LOG("%s", text);
	EXPECT_EQ(125, EXEC(I, "--trace", "/nowhere/trace", "true"));
	EXPECT_TRUE(is_one_complaint());
	EXPECT_TRUE(COMPLAINS("cannot write the trace to /nowhere/trace"));
}

/* --- what it is given */

TEST_F(instance, environment_has_the_library_behind_others_and_the_absolute_instance)
{
	ASSERT_EQ(0, chdir("/tmp"));
	EXPECT_EQ(0, EXEC("-i", "own", "-f", "sysv", "-r", SH("env | sort")));
	EXPECT_TRUE(SAYS("^KIPC_DEV=/tmp/own$"));
	EXPECT_TRUE(SAYS("^KIPC_FAMILIES=sysv$"));
	EXPECT_TRUE(SAYS("^KIPC_FALLBACK=refuse$"));
	EXPECT_TRUE(SAYS("^LD_PRELOAD=/usr/lib/kipc/libkipc-preload\\.so$"));
	ASSERT_EQ(0, setenv("LD_PRELOAD", "/usr/lib/x86_64-linux-gnu/libm.so.6", 1));
	EXPECT_EQ(0, EXEC(I, SH("env; kipc exec true; kipc exec env")));
	unsetenv("LD_PRELOAD");
	EXPECT_TRUE(SAYS("^LD_PRELOAD=.*/libm\\.so\\.6:/usr/lib/kipc/libkipc-preload\\.so$"));
	EXPECT_FALSE(matches(said.out, "preload\\.so:.*preload\\.so"));
	ASSERT_EQ(0, chdir("/"));
}

TEST_F(instance, a_library_that_is_not_there_is_125)
{
	setenv("KIPC_PRELOAD", "/nowhere/lib.so", 1);
	EXPECT_EQ(125, EXEC(I, "true"));
	EXPECT_TRUE(is_one_complaint());
	EXPECT_TRUE(COMPLAINS("/nowhere/lib\\.so cannot be used: No such file.*KIPC_PRELOAD"));
	setenv("KIPC_PRELOAD", "/usr/lib/kipc/libkipc-preload.so", 1);
	EXPECT_EQ(0, EXEC(I, "true"));
	unsetenv("KIPC_PRELOAD");
	ASSERT_EQ(0, mount("none", "/usr/lib/kipc", "tmpfs", 0, NULL));
	EXPECT_EQ(125, EXEC(I, "true"));
	EXPECT_TRUE(is_one_complaint());
	EXPECT_TRUE(COMPLAINS("no libkipc-preload\\.so for 64-bit programs in /usr/lib or"));
	EXPECT_EQ(0, umount("/usr/lib/kipc"));
}

TEST_F(instance, an_instance_that_is_not_there_is_125_and_the_program_is_not_run)
{
	EXPECT_EQ(125, EXEC("-i", "/nowhere", SH("echo ran")));
	EXPECT_TRUE(is_one_complaint());
	EXPECT_TRUE(COMPLAINS("/nowhere: it does not exist"));
}

TEST_F(instance, a_static_program_is_told_of_and_refused_if_one_wants_that)
{
	EXPECT_EQ(0, EXEC(I, KIPC_COMMAND, "--version"));
	EXPECT_TRUE(COMPLAINS("^kipc: /usr/bin/kipc will not load .*linked statically; it runs"));
	EXPECT_TRUE(SAYS("^kipc [0-9]"));
	EXPECT_EQ(125, EXEC(I, "--refuse", KIPC_COMMAND, "--version"));
	EXPECT_TRUE(is_one_complaint());
	EXPECT_EQ(0, EXEC(I, "-q", KIPC_COMMAND, "--version"));
	EXPECT_STREQ("", said.err);
}

TEST_F(instance, a_setuid_program_is_told_of)
{
	ASSERT_EQ(0, chmod("/tmp", 01777));
	ASSERT_EQ(0, system("cp /usr/bin/true /tmp/privileged; chmod 4755 /tmp/privileged"));
	EXPECT_EQ(0, KIPC_AS(OTHER_UID, "exec", I, "/tmp/privileged"));
	EXPECT_TRUE(COMPLAINS("/tmp/privileged will not load .*another user's privileges"));
	EXPECT_EQ(0, EXEC(I, "/tmp/privileged"));
	EXPECT_STREQ("", said.err);
}

/* --- how it exits */

TEST_F(instance, exit_status_is_the_programs)
{
	EXPECT_EQ(0, EXEC(I, "true"));
	EXPECT_EQ(1, EXEC(I, "false"));
	EXPECT_EQ(42, EXEC(I, SH("exit 42")));
	EXPECT_EQ(137, EXEC(I, SH("kill -KILL $$")));
	EXPECT_EQ(143, EXEC("--new", SH("kill -TERM $$")));
	EXPECT_EQ(127, EXEC(I, "no-such-program"));
	EXPECT_TRUE(is_one_complaint());
	EXPECT_EQ(127, EXEC(I, "/nowhere/program"));
	EXPECT_TRUE(is_one_complaint());
	EXPECT_EQ(126, EXEC(I, "/tmp"));
	EXPECT_TRUE(COMPLAINS("cannot run '/tmp': Permission denied"));
	EXPECT_EQ(0, EXEC(I, SH("exec cat < /dev/null")));
}

TEST_F(instance, a_signal_is_passed_on_and_the_program_decides)
{
	char *const argv[] = {
		KIPC_COMMAND, "exec", I, "--", SH("trap 'echo got it > /tmp/got; exit 7' TERM; "
						  "echo > /tmp/ready; while :; do sleep 0.1; done"),
		NULL
	};
	char text[16] = "";
	pid_t pid;

	pid = child_fork();
	if (!pid) {
		execv(argv[0], argv);
		_exit(97);
	}
	ASSERT_TRUE(EVENTUALLY(access("/tmp/ready", F_OK) == 0));
	EXPECT_EQ(0, kill(pid, SIGTERM));
	EXPECT_EQ(7, child_wait(pid));
	EXPECT_LT(0, file_read("/tmp/got", text, sizeof(text)));
	EXPECT_STREQ("got it\n", text);
}

/* They reach the program by themselves, being sent to all in the foreground. */
TEST_F_TIMEOUT(instance, signals_of_the_terminal_come_once, 120)
{
	char *const argv[] = { KIPC_COMMAND, "exec", "-q", I, own_program, NULL };
	struct winsize size = { .ws_row = 25, .ws_col = 80 };
	struct terminal t;
	char winch[32];
	pid_t pid;

	ASSERT_LT(0, readlink("/proc/self/exe", own_program, sizeof(own_program) - 1));
	snprintf(winch, sizeof(winch), "signal %d\r\n", SIGWINCH);
	ASSERT_EQ(0, terminal_make(&t));
	setenv("COUNT_SIGNALS", "1", 1);
	pid = terminal_run(&t, argv);
	unsetenv("COUNT_SIGNALS");
	EXPECT_TRUE(terminal_shows(&t, "counting"));
	EXPECT_TRUE(terminal_press(&t, "\003"));
	EXPECT_TRUE(terminal_shows(&t, "signal 2\r\n"));
	EXPECT_EQ(0, ioctl(t.tty, TIOCSWINSZ, &size));
	EXPECT_TRUE(terminal_shows(&t, winch));
	/* this one is for kipc alone, and so is passed on, behind all that came before */
	EXPECT_EQ(0, kill(pid, SIGUSR1));
	EXPECT_TRUE(terminal_shows(&t, "signal 10\r\n"));
	EXPECT_TRUE(terminal_press(&t, "\034"));
	EXPECT_TRUE(terminal_shows(&t, "interrupted 1 times"));
	EXPECT_EQ(0, terminal_wait(&t, pid));
	EXPECT_EQ(NULL, strstr(strstr(said.out, winch) + 1, winch));
	terminal_close(&t);
}

/* As less(1) does for Ctrl-Z: the shell would wait for ever if kipc did not stop as well. */
TEST_F_TIMEOUT(instance, a_program_that_stops_itself_gives_the_terminal_back_to_the_shell, 120)
{
	struct terminal t;
	pid_t shell;
	int fd;

	fd = open("/tmp/stops", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	ASSERT_LE(0, fd);
	ASSERT_LT(0, dprintf(fd, "kill -TSTP $$\necho running on\n"));
	close(fd);
	ASSERT_EQ(0, terminal_make(&t));
	shell = terminal_shell(&t);
	EXPECT_TRUE(terminal_press(&t, "kipc exec -i " OWN " sh /tmp/stops\n"));
	EXPECT_TRUE(terminal_shows(&t, "Stopped"));
	EXPECT_TRUE(terminal_press(&t, "fg\n"));
	EXPECT_TRUE(terminal_shows(&t, "running on"));
	EXPECT_TRUE(terminal_shows(&t, "prompt> "));
	EXPECT_TRUE(terminal_press(&t, "exit\n"));
	EXPECT_EQ(0, terminal_wait(&t, shell));
	terminal_close(&t);
}

/* Somebody looks into it; kipc goes on waiting. */
TEST_F(instance, a_program_that_is_stopped_and_continued_by_others_ends_as_usual)
{
	EXPECT_EQ(5, EXEC(I, SH("(until grep -q 'State:.*T' /proc/$$/status; do sleep 0.1; done;"
				"kill -CONT $$) & kill -STOP $$; wait; exit 5")));
	EXPECT_STREQ("", said.err);
}

TEST_F(instance, signals_and_their_mask_are_what_they_were)
{
	char *const argv[] = {
		KIPC_COMMAND, "exec", I, "grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status", NULL
	};
	char *const without[] = { "/usr/bin/grep", argv[5], argv[6], argv[7], NULL };
	char plain[4096];

	EXPECT_EQ(0, run_as(0, without));
	strcpy(plain, said.out);
	EXPECT_EQ(0, run_as(0, argv));
	EXPECT_STREQ(plain, said.out);
	EXPECT_EQ(2, lines_of(plain));
}

/* --- the report */

TEST_F(instance, report_is_json_if_one_wants_that_also_of_nothing)
{
	char text[8192];

	EXPECT_EQ(3, EXEC(I, "-j", "--report", "/tmp/report", SH("exit 3")));
	EXPECT_STREQ("", said.err);
	EXPECT_LT(0, file_read("/tmp/report", text, sizeof(text)));
	EXPECT_TRUE(is_json(text, 1))
		TH_LOG("%s", text);
	EXPECT_TRUE(matches(text, "\"status\": 3, \"left\": \\[\\], \"instance_gone\": false"));
	EXPECT_EQ(0, EXEC("--new", "-j", "--report", "/tmp/report", "ipcmk", "-M", "4096", "-Q"));
	EXPECT_LT(0, file_read("/tmp/report", text, sizeof(text)));
	EXPECT_TRUE(is_json(text, 1))
		TH_LOG("%s", text);
	EXPECT_TRUE(matches(text, "\"left\": \\[\\{\"kind\": \"shm\", \"id\": 0, "));
	EXPECT_TRUE(matches(text, "^ *\\{\"kind\": \"msg\", .*\"instance_gone\": true"));
	EXPECT_EQ(0, EXEC(I, "-q", "ipcmk", "-M", "4096"));
	EXPECT_STREQ("", said.err);
	EXPECT_EQ(125, EXEC(I, "--report", "/nowhere/report", "true"));
	EXPECT_TRUE(is_one_complaint());
}

TEST_F(instance, a_new_instance_stays_for_processes_that_run_on)
{
	int pid;

	EXPECT_EQ(0, EXEC("--new", SH("ipcmk -Q >&2; sleep 1000 & echo $!")));
	pid = atoi(said.out);
	ASSERT_LT(1, pid);
	EXPECT_TRUE(COMPLAINS("left behind: message queues$"));
	EXPECT_TRUE(COMPLAINS("run on in the instance: 1; .* directory /tmp/kipc-"));
	EXPECT_EQ(1, directories_left("/tmp"));
	EXPECT_EQ(0, kill(pid, SIGKILL));
	/* its orphan is the guest's first process's to reap */
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == self->objects));
	EXPECT_EQ(0, system("rmdir /tmp/kipc-*"));
}

TEST_HARNESS_MAIN
