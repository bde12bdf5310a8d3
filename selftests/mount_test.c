// SPDX-License-Identifier: GPL-2.0
/*
 * Mounts of kipcfs: their options, what remounting changes, the `default' mount, and
 * the nodes that every mount has.
 */
#include "instance_fixture.h"

static const char *const fixed_files[] = {
	"control", "sysvipc/shm", "sysvipc/sem", "sysvipc/msg", "limits/shmmax", "limits/shmall",
	"limits/shmmni", "limits/shm_rmid_forced", "limits/shm_next_id", "limits/sem",
	"limits/sem_next_id", "limits/msgmax", "limits/msgmnb", "limits/msgmni",
	"limits/msg_next_id", "limits/sigqmax", "limits/sigmni", "limits/sig_next_id",
};

static const char *const fixed_dirs[] = { ".", "sysvipc", "limits" };

static int mode_of(const struct instance *in, const char *name)
{
	struct stat st;

	return lstat(path_in(in, name), &st) ? -1 : (int)st.st_mode;
}

/* --- options */

/* The value of an option in /proc/mounts, "" for one without, NULL if it is not there. */
static const char *shown(const char *dir, const char *name)
{
	static char line[1024];
	char where[128], *options, *option, *value = NULL;
	FILE *f = fopen("/proc/mounts", "r");

	snprintf(where, sizeof(where), " %s " KIPCFS_NAME " ", dir);
	while (f && !value && fgets(line, sizeof(line), f)) {
		options = strstr(line, where);
		if (!options)
			continue;
		options += strlen(where);
		options[strcspn(options, " ")] = 0;
		while ((option = strsep(&options, ",")))
			if (!strncmp(option, name, strlen(name)) &&
			    (!option[strlen(name)] || option[strlen(name)] == '='))
				value = option + strlen(name) + !!option[strlen(name)];
	}
	if (f)
		fclose(f);
	return value;
}

TEST_F(instance, limits_can_be_given_to_a_mount)
{
	static const struct {
		const char *option;
		const char *file;
		const char *text;
	} cases[] = {
		{ "shmmax=12345", "shmmax", "12345\n" },
		{ "shmmax=64k", "shmmax", "65536\n" },
		{ "shmmax=3M", "shmmax", "3145728\n" },
		{ "shmmax=1g", "shmmax", "1073741824\n" },
		{ "shmmax=2t", "shmmax", "2199023255552\n" },
		{ "shmall=100", "shmall", "100\n" },
		{ "shmmni=7", "shmmni", "7\n" },
		{ "shmmni=1048576", "shmmni", "1048576\n" },
		{ "shmmni=0", "shmmni", "0\n" },
		{ "shm_rmid_forced=1", "shm_rmid_forced", "1\n" },
		{ "semmsl=5", "sem", "5\t1024000000\t500\t32000\n" },
		{ "semmns=6", "sem", "32000\t6\t500\t32000\n" },
		{ "semopm=7", "sem", "32000\t1024000000\t7\t32000\n" },
		{ "semmni=8", "sem", "32000\t1024000000\t500\t8\n" },
		{ "msgmax=16k", "msgmax", "16384\n" },
		{ "msgmnb=65536", "msgmnb", "65536\n" },
		{ "msgmni=9", "msgmni", "9\n" },
		{ "sigqmax=2k", "sigqmax", "2048\n" },
		{ "sigmni=10", "sigmni", "10\n" },
		{ "semmsl=1,semmns=2,semopm=3,semmni=4", "sem", "1\t2\t3\t4\n" },
	};
	struct instance in = { .dir = SECOND };
	char file[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT_EQ(0, kipcfs_mount(SECOND, cases[i].option))
			TH_LOG("%s: %s", cases[i].option, strerror(errno));
		snprintf(file, sizeof(file), "limits/%s", cases[i].file);
		EXPECT_STREQ(cases[i].text, text_in(&in, file));
		ASSERT_EQ(0, umount(SECOND));
	}
	/* it is the limit, not only its file */
	ASSERT_EQ(0, kipcfs_mount(SECOND, "shmmax=8k,shmmni=1"));
	ASSERT_EQ(0, instance_open(&in));
	EXPECT_EQ(8192, seg_info(&in).shmmax);
	EXPECT_EQ(1, seg_info(&in).shmmni);
	EXPECT_EQ(-1, seg_get(&in, KEY, 8193, IPC_CREAT | 0600));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_LE(0, seg_get(&in, KEY, 8192, IPC_CREAT | 0600));
	EXPECT_EQ(-1, segment(&in, KEY + 1));
	EXPECT_EQ(ENOSPC, errno);
	instance_close(&in);
	EXPECT_EQ(0, umount(SECOND));
}

TEST_F(instance, owner_and_modes_can_be_given_to_a_mount)
{
	struct instance in = { .dir = SECOND };
	struct stat st;
	size_t i;

	ASSERT_EQ(0, kipcfs_mount(SECOND, "uid=1000,gid=1001,mode=0620,dirmode=0711"));
	for (i = 0; i < ARRAY_SIZE(fixed_files) + ARRAY_SIZE(fixed_dirs); i++) {
		const char *name = i < ARRAY_SIZE(fixed_files) ? fixed_files[i] :
				   fixed_dirs[i - ARRAY_SIZE(fixed_files)];

		ASSERT_EQ(0, lstat(path_in(&in, name), &st));
		EXPECT_EQ(1000, st.st_uid)
			TH_LOG("%s", name);
		EXPECT_EQ(1001, st.st_gid)
			TH_LOG("%s", name);
	}
	EXPECT_EQ(S_IFREG | 0620, mode_of(&in, "control"));
	EXPECT_EQ(S_IFDIR | 0711, mode_of(&in, "."));
	EXPECT_EQ(S_IFREG | 0644, mode_of(&in, "limits/shmmax"));
	EXPECT_EQ(S_IFREG | 0444, mode_of(&in, "sysvipc/shm"));
	/* what is made later belongs to who makes it */
	ASSERT_EQ(0, mkfifo(SECOND "/f", 0644));
	ASSERT_EQ(0, lstat(SECOND "/f", &st));
	EXPECT_EQ(0, st.st_uid);
	ASSERT_EQ(0, umount(SECOND));
}

/* Errors of open("control", O_RDWR) and of writing a limit, by somebody. */
static void errors_of(const struct instance *in, uid_t uid, int *control, int *limit)
{
	int *errors = shared_alloc(2 * sizeof(*errors));
	pid_t pid = child_fork();

	if (!pid) {
		errors[0] = 1000;
		if (!become(uid)) {
			errors[0] = open_in(in->dir, "control", O_RDWR) < 0 ? errno : 0;
			errors[1] = file_write(path_in(in, "limits/shmmni"), "5") ? errno : 0;
		}
		_exit(0);
	}
	child_wait(pid);
	*control = errors[0];
	*limit = errors[1];
	munmap(errors, 2 * sizeof(*errors));
}

TEST_F(instance, mode_and_owner_of_the_nodes_decide_who_may_use_them)
{
	struct instance in = { .dir = SECOND };
	int control, limit;

	ASSERT_EQ(0, kipcfs_mount(SECOND, "uid=1000,gid=1000,mode=600"));
	errors_of(&in, OTHER_UID, &control, &limit);
	EXPECT_EQ(0, control);
	EXPECT_EQ(0, limit);
	EXPECT_STREQ("5\n", text_in(&in, "limits/shmmni"));
	errors_of(&in, THIRD_UID, &control, &limit);
	EXPECT_EQ(EACCES, control);
	EXPECT_EQ(EACCES, limit);

	/* chmod and chown do the same to single nodes */
	ASSERT_EQ(0, chmod(SECOND "/control", 0606));
	ASSERT_EQ(0, chown(SECOND "/limits/shmmni", THIRD_UID, THIRD_UID));
	errors_of(&in, THIRD_UID, &control, &limit);
	EXPECT_EQ(0, control);
	EXPECT_EQ(0, limit);
	errors_of(&in, OTHER_UID, &control, &limit);
	EXPECT_EQ(0, control);
	EXPECT_EQ(EACCES, limit);
	EXPECT_EQ(S_IFREG | 0606, mode_of(&in, "control"));
	ASSERT_EQ(0, umount(SECOND));

	ASSERT_EQ(0, kipcfs_mount(SECOND, "dirmode=700"));
	errors_of(&in, OTHER_UID, &control, &limit);
	EXPECT_EQ(EACCES, control);
	EXPECT_EQ(EACCES, limit);
	ASSERT_EQ(0, umount(SECOND));
}

TEST_F(instance, owner_of_a_mount_is_known_in_the_namespace_of_the_mounter)
{
	pid_t pid;

	ASSERT_EQ(0, mkdir(USER, 0755));
	pid = child_fork();
	if (!pid) {
		struct stat st;

		EXPECT_EQ(0, user_namespace_enter_with_two());
		EXPECT_EQ(-1, mount("none", USER, KIPCFS_NAME, 0, "uid=1000"));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, mount("none", USER, KIPCFS_NAME, 0, "gid=2"));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(0, mount("none", USER, KIPCFS_NAME, 0, "uid=1,gid=1"));
		EXPECT_EQ(0, lstat(USER "/control", &st));
		EXPECT_EQ(1, st.st_uid);
		EXPECT_EQ(1, st.st_gid);
		EXPECT_STREQ("1", shown(USER, "uid"));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
}

/* Whether the messages of the file system context name @word. */
static bool log_names(int fs, const char *word)
{
	char buf[1024];
	bool found = false;
	ssize_t n;

	while ((n = read(fs, buf, sizeof(buf) - 1)) > 0) {
		buf[n] = 0;
		if (buf[0] == 'e' && strstr(buf, word))
			found = true;
		else
			printf("# log: %.200s\n", buf);
	}
	return found;
}

TEST_F(instance, wrong_options_are_refused_by_name)
{
	static const struct {
		const char *key;
		const char *value;
	} cases[] = {
		{ "nonsense", NULL }, { "nonsense", "1" }, { "shmmin", "1" },
		{ "uid", NULL }, { "uid", "root" }, { "uid", "-1" }, { "gid", "4294967295" },
		{ "uid", "4294967296" }, { "gid", "x" },
		{ "mode", NULL }, { "mode", "8" }, { "mode", "rw" }, { "dirmode", "0x1ff" },
		{ "mode", "10000" }, { "dirmode", "77777" }, { "mode", "-1" },
		{ "shmmax", NULL }, { "shmmax", "" }, { "shmmax", "12x" }, { "shmmax", "1kk" },
		{ "shmmax", "-1" }, { "shmmax", "99999999999999999999" },
		{ "shmmax", "17179869184g" }, { "shmall", "many" }, { "shmall", "-5" },
		{ "shmmni", "-1" }, { "shmmni", "1048577" }, { "shmmni", "x" },
		{ "shm_rmid_forced", "2" }, { "shm_rmid_forced", "-1" },
		{ "semmsl", "-1" }, { "semmsl", "x" }, { "semmns", "-1" },
		{ "semmns", "4294967296" }, { "semopm", "-1" }, { "semmni", "1048577" },
		{ "semmni", "-1" },
		{ "msgmax", "-1" }, { "msgmnb", "-1" }, { "msgmni", "1048577" },
		{ "msgmni", "-1" }, { "sigqmax", "-1" }, { "sigqmax", "2147483648" },
		{ "sigmni", "-1" }, { "sigmni", "1048577" }, { "default", "yes" },
	};
	size_t i;
	int fs;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		int ret;

		fs = fsopen(KIPCFS_NAME, FSOPEN_CLOEXEC);
		ASSERT_LE(0, fs);
		if (cases[i].value)
			ret = fsconfig(fs, FSCONFIG_SET_STRING, cases[i].key, cases[i].value, 0);
		else
			ret = fsconfig(fs, FSCONFIG_SET_FLAG, cases[i].key, NULL, 0);
		if (!ret)
			ret = fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
		EXPECT_EQ(-1, ret)
			TH_LOG("%s=%s", cases[i].key, cases[i].value ?: "(none)");
		EXPECT_EQ(EINVAL, errno)
			TH_LOG("%s=%s: %s", cases[i].key, cases[i].value ?: "(none)",
			       strerror(errno));
		EXPECT_TRUE(log_names(fs, cases[i].key))
			TH_LOG("%s=%s", cases[i].key, cases[i].value ?: "(none)");
		close(fs);
	}
	/* mount(2) as well */
	ASSERT_EQ(0, mkdir(SECOND, 0755));
	EXPECT_EQ(-1, mount("none", SECOND, KIPCFS_NAME, 0, "shmmni=5,nonsense"));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, mount("none", SECOND, KIPCFS_NAME, 0, "shmmni=x"));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(instance, mounts_show_what_differs_from_the_defaults)
{
	static const char *const names[] = {
		"uid", "gid", "mode", "dirmode", "shmmax", "shmall", "shmmni", "shm_rmid_forced",
		"semmsl", "semmns", "semopm", "semmni", "msgmax", "msgmnb", "msgmni", "sigqmax",
		"sigmni", "default",
	};
	struct instance in = { .dir = SECOND };
	char options[256];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		EXPECT_EQ(NULL, shown(OWN, names[i]))
			TH_LOG("option %zu", i);

	snprintf(options, sizeof(options), "%s,%s,%s",
		 "uid=1000,gid=1001,mode=600,dirmode=700,shmmax=1m,shmall=1000,shmmni=10",
		 "shm_rmid_forced=1,semmsl=11,semmns=12,semopm=13,semmni=14",
		 "msgmax=15,msgmnb=16,msgmni=17,sigqmax=18,sigmni=19");
	ASSERT_EQ(0, kipcfs_mount(SECOND, options));
	EXPECT_STREQ("1000", shown(SECOND, "uid"));
	EXPECT_STREQ("1001", shown(SECOND, "gid"));
	ASSERT_NE(NULL, shown(SECOND, "mode"));
	EXPECT_EQ(0600, strtol(shown(SECOND, "mode"), NULL, 8));
	ASSERT_NE(NULL, shown(SECOND, "dirmode"));
	EXPECT_EQ(0700, strtol(shown(SECOND, "dirmode"), NULL, 8));
	EXPECT_STREQ("1048576", shown(SECOND, "shmmax"));
	EXPECT_STREQ("1000", shown(SECOND, "shmall"));
	EXPECT_STREQ("10", shown(SECOND, "shmmni"));
	EXPECT_NE(NULL, shown(SECOND, "shm_rmid_forced"));
	EXPECT_STREQ("11", shown(SECOND, "semmsl"));
	EXPECT_STREQ("12", shown(SECOND, "semmns"));
	EXPECT_STREQ("13", shown(SECOND, "semopm"));
	EXPECT_STREQ("14", shown(SECOND, "semmni"));
	EXPECT_STREQ("15", shown(SECOND, "msgmax"));
	EXPECT_STREQ("16", shown(SECOND, "msgmnb"));
	EXPECT_STREQ("17", shown(SECOND, "msgmni"));
	EXPECT_STREQ("18", shown(SECOND, "sigqmax"));
	EXPECT_STREQ("19", shown(SECOND, "sigmni"));

	/* what a limit is now, whoever changed it */
	ASSERT_EQ(0, file_write(path_in(&in, "limits/shmmni"), "4096"));
	EXPECT_EQ(NULL, shown(SECOND, "shmmni"));
	ASSERT_EQ(0, file_write(path_in(&in, "limits/msgmax"), "99"));
	EXPECT_STREQ("99", shown(SECOND, "msgmax"));
	ASSERT_EQ(0, umount(SECOND));
}

TEST_F(instance, remount_changes_what_is_given_and_nothing_else)
{
	struct instance in = { .dir = SECOND };
	struct stat st;
	int id;

	ASSERT_EQ(0, kipcfs_mount(SECOND, "shmmni=10,shmmax=1m,mode=600,uid=1000"));
	ASSERT_EQ(0, instance_open(&in));
	id = segment(&in, KEY);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, mount("none", SECOND, NULL, MS_REMOUNT, "shmmni=1,dirmode=711"));
	EXPECT_STREQ("1\n", text_in(&in, "limits/shmmni"));
	EXPECT_STREQ("1048576\n", text_in(&in, "limits/shmmax"));
	EXPECT_EQ(S_IFREG | 0600, mode_of(&in, "control"));
	EXPECT_EQ(S_IFDIR | 0711, mode_of(&in, "."));
	ASSERT_EQ(0, lstat(SECOND "/control", &st));
	EXPECT_EQ(1000, st.st_uid);
	EXPECT_TRUE(seg_exists(&in, id));
	EXPECT_EQ(-1, segment(&in, KEY + 1));
	EXPECT_EQ(ENOSPC, errno);

	ASSERT_EQ(0, mount("none", SECOND, NULL, MS_REMOUNT, "uid=0,gid=1001,mode=0640,shmmni=2"));
	ASSERT_EQ(0, lstat(SECOND "/control", &st));
	EXPECT_EQ(0, st.st_uid);
	EXPECT_EQ(1001, st.st_gid);
	EXPECT_EQ(S_IFREG | 0640, st.st_mode);
	ASSERT_EQ(0, lstat(SECOND "/limits/shmmni", &st));
	EXPECT_EQ(1001, st.st_gid);
	EXPECT_EQ(S_IFREG | 0644, st.st_mode);
	EXPECT_EQ(S_IFDIR | 0711, mode_of(&in, "."));
	EXPECT_LE(0, segment(&in, KEY + 1));

	/* with nothing given nothing changes; a limit written since stays */
	ASSERT_EQ(0, file_write(path_in(&in, "limits/shmmni"), "33"));
	ASSERT_EQ(0, mount("none", SECOND, NULL, MS_REMOUNT, NULL));
	EXPECT_STREQ("33\n", text_in(&in, "limits/shmmni"));
	EXPECT_STREQ("1048576\n", text_in(&in, "limits/shmmax"));
	EXPECT_EQ(S_IFREG | 0640, mode_of(&in, "control"));
	instance_close(&in);
	ASSERT_EQ(0, umount(SECOND));
}

TEST_F(instance, remount_leaves_what_chmod_and_chown_did)
{
	struct instance in = { .dir = SECOND };
	struct stat st;

	ASSERT_EQ(0, kipcfs_mount(SECOND, NULL));
	ASSERT_EQ(0, chmod(SECOND, 0700));
	ASSERT_EQ(0, chmod(SECOND "/control", 0600));
	ASSERT_EQ(0, chown(SECOND "/limits/shmmni", OTHER_UID, THIRD_UID));
	ASSERT_EQ(0, mount("none", SECOND, NULL, MS_REMOUNT, "shmmni=5"));
	EXPECT_STREQ("5\n", text_in(&in, "limits/shmmni"));
	EXPECT_EQ(S_IFDIR | 0700, mode_of(&in, "."));
	EXPECT_EQ(S_IFREG | 0600, mode_of(&in, "control"));
	ASSERT_EQ(0, lstat(SECOND "/limits/shmmni", &st));
	EXPECT_EQ(OTHER_UID, st.st_uid);
	EXPECT_EQ(THIRD_UID, st.st_gid);

	/* and what is given is done */
	ASSERT_EQ(0, mount("none", SECOND, NULL, MS_REMOUNT, "mode=644,gid=0"));
	EXPECT_EQ(S_IFDIR | 0700, mode_of(&in, "."));
	EXPECT_EQ(S_IFREG | 0644, mode_of(&in, "control"));
	ASSERT_EQ(0, lstat(SECOND "/limits/shmmni", &st));
	EXPECT_EQ(OTHER_UID, st.st_uid);
	EXPECT_EQ(0, st.st_gid);
	ASSERT_EQ(0, umount(SECOND));
}

TEST_F(instance, remount_with_a_wrong_option_changes_nothing)
{
	struct instance in = { .dir = SECOND };

	ASSERT_EQ(0, kipcfs_mount(SECOND, "shmmni=10"));
	EXPECT_EQ(-1, mount("none", SECOND, NULL, MS_REMOUNT, "shmmni=11,nonsense"));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, mount("none", SECOND, NULL, MS_REMOUNT, "mode=600,shmmni=12,shmmax=x"));
	EXPECT_EQ(EINVAL, errno);
	/* an instance cannot become another one */
	EXPECT_EQ(-1, mount("none", SECOND, NULL, MS_REMOUNT, "default,shmmni=13"));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_STREQ("10\n", text_in(&in, "limits/shmmni"));
	EXPECT_EQ(S_IFREG | 0666, mode_of(&in, "control"));
	ASSERT_EQ(0, umount(SECOND));
}

TEST_F(instance, read_only_mount_lets_calls_through_but_keeps_limits_and_names)
{
	struct instance in = { .dir = SECOND };

	ASSERT_EQ(0, kipcfs_mount(SECOND, NULL));
	ASSERT_EQ(0, mount("none", SECOND, NULL, MS_REMOUNT | MS_RDONLY, NULL));
	EXPECT_EQ(-1, open_in(SECOND, "limits/shmmni", O_WRONLY));
	EXPECT_EQ(EROFS, errno);
	EXPECT_EQ(-1, mkfifo(SECOND "/f", 0644));
	EXPECT_EQ(EROFS, errno);
	in.node = open_in(SECOND, "control", O_RDONLY);
	ASSERT_LE(0, in.node);
	EXPECT_LE(0, segment(&in, KEY));
	instance_close(&in);
	ASSERT_EQ(0, umount(SECOND));
}

/* --- the default instance */

TEST_F(instance, default_mount_shows_the_instance_of_the_device)
{
	struct instance dev = { .node = self->dev }, in = { .dir = SECOND };
	struct kipc_shm_info before = seg_info(&dev);
	char line[64];
	int id, more;

	ASSERT_EQ(0, kipcfs_mount(SECOND, "default"));
	ASSERT_EQ(0, instance_open(&in));
	EXPECT_NE(NULL, shown(SECOND, "default"));
	id = segment(&dev, KEY);
	ASSERT_LE(0, id);
	EXPECT_EQ(id, seg_get(&in, KEY, 0, 0));
	snprintf(line, sizeof(line), "%10d %10d ", KEY, id);
	EXPECT_NE(NULL, strstr(text_in(&in, "sysvipc/shm"), line));
	more = segment(&in, KEY + 1);
	ASSERT_LE(0, more);
	EXPECT_TRUE(seg_exists(&dev, more));
	EXPECT_EQ(stats_of(self->dev).shm_segments, stats_of(in.node).shm_segments);

	/* a second one is the same again */
	ASSERT_EQ(0, kipcfs_mount(USER, "default"));
	EXPECT_NE(NULL, strstr(text_in(&(struct instance) { .dir = USER }, "sysvipc/shm"), line));
	ASSERT_EQ(0, umount(USER));

	/* limits are those of the instance */
	ASSERT_EQ(0, file_write(path_in(&in, "limits/shmmni"), "77"));
	EXPECT_EQ(77, seg_info(&dev).shmmni);
	instance_close(&in);
	ASSERT_EQ(0, umount(SECOND));
	EXPECT_EQ(77, seg_info(&dev).shmmni);
	snprintf(line, sizeof(line), "default,shmmni=%llu", before.shmmni);
	ASSERT_EQ(0, kipcfs_mount(SECOND, line));
	EXPECT_EQ(before.shmmni, seg_info(&dev).shmmni);

	/* and its objects do not go with a mount */
	ASSERT_EQ(0, umount(SECOND));
	EXPECT_TRUE(seg_exists(&dev, id));
	EXPECT_EQ(0, seg_remove(&dev, id));
	EXPECT_EQ(0, seg_remove(&dev, more));
}

TEST_F(instance, default_mount_needs_privilege_in_the_initial_namespace)
{
	pid_t pid;

	ASSERT_EQ(0, mkdir(USER, 0755));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, user_namespace_enter_with_two());
		EXPECT_EQ(-1, mount("none", USER, KIPCFS_NAME, 0, "default"));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, mount("none", USER, KIPCFS_NAME, 0, "default,shmmni=1"));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(0, mount("none", USER, KIPCFS_NAME, 0, NULL));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_NE(1, seg_info(&(struct instance) { .node = self->dev }).shmmni);
}

/* --- the nodes that are always there */

TEST_F(instance, fixed_nodes_have_their_types_and_modes)
{
	size_t i;

	EXPECT_EQ(S_IFDIR | 0755, mode_of(&self->in, "."));
	EXPECT_EQ(S_IFREG | 0666, mode_of(&self->in, "control"));
	EXPECT_EQ(S_IFDIR, mode_of(&self->in, "sysvipc") & S_IFMT);
	EXPECT_EQ(S_IFDIR, mode_of(&self->in, "limits") & S_IFMT);
	for (i = 1; i < ARRAY_SIZE(fixed_files); i++)
		EXPECT_EQ(S_IFREG | (fixed_files[i][0] == 's' ? 0444 : 0644),
			  mode_of(&self->in, fixed_files[i]))
			TH_LOG("file %zu", i);
}

TEST_F(instance, fixed_names_cannot_be_removed_renamed_or_replaced)
{
	size_t i;

	ASSERT_EQ(0, chdir(OWN));
	ASSERT_EQ(0, mkfifo("f", 0644));
	ASSERT_EQ(0, mkdir("d", 0755));
	for (i = 0; i < ARRAY_SIZE(fixed_files); i++) {
		const char *name = fixed_files[i];

		EXPECT_EQ(-1, unlink(name));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, rename(name, "x"));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, rename("f", name));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, renameat2(AT_FDCWD, "f", AT_FDCWD, name, RENAME_EXCHANGE));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, link(name, "x"));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, link("f", name));
		EXPECT_EQ(EEXIST, errno);
		EXPECT_EQ(-1, mkfifo(name, 0644));
		EXPECT_EQ(EEXIST, errno);
		EXPECT_EQ(S_IFREG, mode_of(&self->in, name) & S_IFMT);
	}
	for (i = 1; i < ARRAY_SIZE(fixed_dirs); i++) {
		const char *name = fixed_dirs[i];

		EXPECT_EQ(-1, rmdir(name));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, rename(name, "x"));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, rename("d", name));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, renameat2(AT_FDCWD, "d", AT_FDCWD, name, RENAME_EXCHANGE));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(S_IFDIR, mode_of(&self->in, name) & S_IFMT);
	}
	EXPECT_EQ(-1, mode_of(&self->in, "x"));
	EXPECT_EQ(S_IFIFO | 0644, mode_of(&self->in, "f"));
	EXPECT_EQ(S_IFDIR | 0755, mode_of(&self->in, "d"));
}

TEST_F(instance, nothing_can_be_made_in_the_fixed_directories)
{
	static const char *const names[] = { "sysvipc/x", "limits/x" };
	size_t i;

	ASSERT_EQ(0, chdir(OWN));
	ASSERT_EQ(0, mkfifo("f", 0644));
	ASSERT_EQ(0, mkdir("d", 0755));
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		EXPECT_EQ(-1, mkfifo(names[i], 0644));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, mkdir(names[i], 0755));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, symlink("f", names[i]));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, link("f", names[i]));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, open(names[i], O_RDWR | O_CREAT | O_CLOEXEC, 0644));
		EXPECT_TRUE(errno == EPERM || errno == EACCES);
		EXPECT_EQ(-1, rename("f", names[i]));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, rename("d", names[i]));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, mode_of(&self->in, names[i]));
		EXPECT_EQ(ENOENT, errno);
	}
	EXPECT_EQ(S_IFIFO | 0644, mode_of(&self->in, "f"));
}

TEST_F(instance, fifos_and_directories_live_beside_the_fixed_nodes)
{
	int rw;
	char c;

	ASSERT_EQ(0, chdir(OWN));
	ASSERT_EQ(0, mkdir("d", 0755));
	/* only the root has fixed names */
	ASSERT_EQ(0, mkfifo("d/control", 0644));
	ASSERT_EQ(0, mkdir("d/limits", 0755));
	ASSERT_EQ(0, mkfifo("d/limits/x", 0644));
	rw = open("d/control", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, rw);
	EXPECT_EQ(1, write(rw, "x", 1));
	EXPECT_EQ(1, read(rw, &c, 1));
	close(rw);
	ASSERT_EQ(0, rename("d/control", "f"));
	ASSERT_EQ(0, unlink("f"));
	ASSERT_EQ(0, unlink("d/limits/x"));
	ASSERT_EQ(0, rmdir("d/limits"));
	ASSERT_EQ(0, rmdir("d"));
}

TEST_F(instance, tables_cannot_be_written_or_cut)
{
	struct stat st;
	size_t i;

	for (i = 1; i < 4; i++) {
		int fd = open_in(OWN, fixed_files[i], O_WRONLY);

		EXPECT_TRUE(fd < 0 || write(fd, "x", 1) < 0);
		close(fd);
		/* /proc/sysvipc takes it as well, and nothing happens */
		EXPECT_EQ(0, truncate(path_in(&self->in, fixed_files[i]), 5));
		ASSERT_EQ(0, stat(path_in(&self->in, fixed_files[i]), &st));
		EXPECT_EQ(0, st.st_size);
		EXPECT_EQ(0, strncmp(text_in(&self->in, fixed_files[i]), "       key ", 11));
	}
}

TEST_HARNESS_MAIN
