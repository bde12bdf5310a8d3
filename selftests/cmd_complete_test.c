// SPDX-License-Identifier: GPL-2.0
/*
 * What bash completes of a kipc command: first asked as bash asks, for all that there is to
 * complete; then at a terminal, by the tab key.
 */
#include "terminal.h"

#define COMPLETION "/usr/share/bash-completion/completions/kipc"

/* compopt is only for a completion that bash itself has begun */
#define ASK "source " COMPLETION "; compopt() { :; }; " \
	"COMP_WORDS=(\"$@\") COMP_CWORD=$(($# - 1)); _kipc; " \
	"printf '%s\\n' \"${COMPREPLY[@]}\" | sort | tr '\\n' ' '"

/* Ask for what the last of these words could become; that is in said.out, with blanks between. */
#define COMPLETE(...) run_as(0, (char *const []){ \
	"/bin/bash", "-c", ASK, "bash", "kipc", __VA_ARGS__, NULL })

static bool completes_to(const char *expected)
{
	if (!strcmp(said.out, expected) && !*said.err)
		return true;
	printf("# not '%s', but '%s', %s\n", expected, said.out, said.err);
	return false;
}

/* The words that @command's help shows: for options, those that begin with -- */
static int options_of_help(const char *command, char words[][32], int max)
{
	const char *at;
	int n = 0;

	if (KIPC((char *)command, "--help"))
		return -1;
	for (at = said.out; (at = strstr(at, "\n  ")); at++) {
		const char *option = at + 3 + strspn(at + 3, " ");
		size_t len;

		if (!strncmp(option, "-", 1) && strncmp(option, "--", 2))
			option = strstr(option, ", --") ? strstr(option, ", --") + 2 : option;
		if (strncmp(option, "--", 2))
			continue;
		len = strspn(option, "abcdefghijklmnopqrstuvwxyz-");
		if (n < max && len < 32)
			snprintf(words[n++], 32, "%.*s", (int)len, option);
	}
	return n;
}

TEST_F(instance, commands_are_completed)
{
	EXPECT_EQ(0, COMPLETE(""));
	EXPECT_TRUE(completes_to("doctor exec help limits ls mk pipeline rm size stat watch "));
	EXPECT_EQ(0, COMPLETE("s"));
	EXPECT_TRUE(completes_to("size stat "));
	EXPECT_EQ(0, COMPLETE("-i", "/mnt", "do"));
	EXPECT_TRUE(completes_to("doctor "));
	EXPECT_EQ(0, COMPLETE("help", "w"));
	EXPECT_TRUE(completes_to("watch "));
	EXPECT_EQ(0, COMPLETE("--"));
	EXPECT_TRUE(completes_to("--device --help --instance --version "));
}

/* What is in the help is completed: an option that was forgotten is found here. */
TEST_F_TIMEOUT(instance, every_option_of_the_help_is_completed, 120)
{
	static char *const commands[] = {
		"ls", "stat", "watch", "mk", "rm", "limits", "exec", "pipeline", "size", "doctor",
	};
	char words[32][32];
	int n, i;

	for (size_t c = 0; c < sizeof(commands) / sizeof(commands[0]); c++) {
		n = options_of_help(commands[c], words, 32);
		EXPECT_LE(strcmp(commands[c], "size") ? 1 : 0, n);
		EXPECT_EQ(0, COMPLETE(commands[c], "--"));
		for (i = 0; i < n; i++)
			EXPECT_NE(NULL, strstr(said.out, words[i]))
				TH_LOG("%s: %s is not in %s", commands[c], words[i], said.out);
		EXPECT_NE(NULL, strstr(said.out, "--help "));
	}
}

TEST_F(instance, kinds_are_completed_and_options_of_one_kind_are_not_offered_for_another)
{
	EXPECT_EQ(0, COMPLETE("mk", ""));
	EXPECT_TRUE(completes_to("msg sem shm sig "));
	EXPECT_EQ(0, COMPLETE("ls", "s"));
	EXPECT_TRUE(completes_to("sem shm sig "));
	EXPECT_EQ(0, COMPLETE("mk", "sem", "--r"));
	EXPECT_TRUE(completes_to("--robust "));
	EXPECT_EQ(0, COMPLETE("mk", "shm", "--r"));
	EXPECT_TRUE(completes_to(" "));
	EXPECT_EQ(0, COMPLETE("mk", "msg", "--"));
	EXPECT_TRUE(completes_to("--autoremove --help --instance --key --mode "));
}

TEST_F_TIMEOUT(instance, ids_and_keys_and_limits_of_the_instance_are_completed, 120)
{
	EXPECT_EQ(0, KIPC("mk", "-i", OWN, "shm", "4096", "-k", "0xabc"));
	EXPECT_EQ(0, KIPC("mk", "-i", OWN, "shm", "4096"));
	EXPECT_EQ(0, COMPLETE("-i", OWN, "rm", "shm", ""));
	EXPECT_TRUE(completes_to("0 1 "));
	EXPECT_EQ(0, COMPLETE("rm", "--instance", "=", OWN, "shm", "-k", ""));
	EXPECT_TRUE(completes_to("0x00000abc "));
	/* bash divides words at the colon */
	EXPECT_EQ(0, COMPLETE("-i", OWN, "stat", "shm", ":", ""));
	EXPECT_TRUE(completes_to("0 1 "));
	EXPECT_EQ(0, COMPLETE("stat", "-i", OWN, "sh"));
	EXPECT_TRUE(completes_to("shm: "));
	EXPECT_EQ(0, COMPLETE("limits", "-i", OWN, "shmm"));
	EXPECT_TRUE(completes_to("shmmax shmmni "));
	EXPECT_EQ(0, COMPLETE("rm", "sem", ""));
	EXPECT_TRUE(completes_to(" "));
	EXPECT_EQ(0, KIPC("rm", "-i", OWN, "shm", "0", "1"));
}

TEST_F_TIMEOUT(instance, programs_files_and_families_are_completed, 120)
{
	EXPECT_EQ(0, COMPLETE("exec", "ipcm"));
	EXPECT_TRUE(completes_to("ipcmk "));
	EXPECT_EQ(0, COMPLETE("exec", "-i", OWN, "--", "ipcr"));
	EXPECT_TRUE(completes_to("ipcrm "));
	EXPECT_EQ(0, COMPLETE("exec", "--families", "shm,s"));
	EXPECT_TRUE(completes_to("shm,sem shm,shm shm,sysv "));
	EXPECT_EQ(0, COMPLETE("ls", "-i", "/tm"));
	EXPECT_TRUE(completes_to("/tmp "));
	EXPECT_EQ(0, COMPLETE("size", OWN "/cont"));
	EXPECT_TRUE(completes_to(OWN "/control "));
	/* the program's own options are not kipc's */
	EXPECT_EQ(0, COMPLETE("exec", "ipcs", "--fam"));
	EXPECT_TRUE(completes_to(" "));
	EXPECT_EQ(0, COMPLETE("mk", "msg", "--", "ipcm"));
	EXPECT_TRUE(completes_to("ipcmk "));
}

TEST_F_TIMEOUT(instance, at_a_terminal_the_tab_key_completes, 120)
{
	static char *const argv[] = { "/bin/bash", "--norc", "--noprofile", "-i", NULL };
	struct terminal t;
	pid_t pid;

	EXPECT_EQ(0, KIPC("mk", "-i", OWN, "msg"));
	ASSERT_EQ(0, terminal_make(&t));
	setenv("PS1", "prompt> ", 1);
	pid = terminal_run(&t, argv);
	EXPECT_TRUE(terminal_shows(&t, "prompt> "));
	EXPECT_TRUE(terminal_press(&t, "source " COMPLETION "\n"));
	EXPECT_TRUE(terminal_shows(&t, "prompt> "));
	EXPECT_TRUE(terminal_press(&t, "kipc doc\t"));
	EXPECT_TRUE(terminal_shows(&t, "kipc doctor "));
	/* Ctrl-U: the line is empty again */
	EXPECT_TRUE(terminal_press(&t, "\025kipc mk s\t\t"));
	EXPECT_TRUE(terminal_shows(&t, "sem  shm  sig"));
	EXPECT_TRUE(terminal_press(&t, "\025kipc -i " OWN " stat msg:\t"));
	EXPECT_TRUE(terminal_shows(&t, "stat msg:0 "));
	/* and what was completed is a command */
	EXPECT_TRUE(terminal_press(&t, "\n"));
	EXPECT_TRUE(terminal_shows(&t, "waiting senders"));
	EXPECT_TRUE(terminal_press(&t, "\025exit\n"));
	EXPECT_EQ(0, terminal_wait(&t, pid));
	terminal_close(&t);
	EXPECT_EQ(0, KIPC("rm", "-i", OWN, "msg", "0"));
}

TEST_HARNESS_MAIN
