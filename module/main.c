// SPDX-License-Identifier: GPL-2.0
/*
 * The module: its parameters, its device, and the order in which the parts come
 * and go. What can be opened or mounted is registered last and removed first, so
 * that nobody is served by a half-made module. A module whose initialisation fails is
 * freed whoever uses it: so the file system comes after the device, which takes memory
 * to register, while it itself can fail only for another one of its name.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/kipc.h>

#include "compat.h"
#include "kipc.h"
#include "core/bucket.h"
#include "core/exit.h"
#include "core/fdinfo.h"
#include "core/file.h"
#include "core/instance.h"
#include "core/ioctl.h"
#include "core/param.h"
#include "fs/fs.h"
#include "obj/fifo.h"
#include "obj/msg.h"
#include "obj/pipe.h"
#include "obj/sem.h"
#include "obj/shm.h"
#include "obj/sig.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/* The least that a user gets by default, and the share of memory. */
#define KIPC_USER_BYTES_MIN	SZ_64M
#define KIPC_USER_SHARE		8
#define KIPC_USER_PAGES_AUTO	ULONG_MAX

unsigned long kipc_param_pipe_user_pages = KIPC_USER_PAGES_AUTO;
module_param_named(pipe_user_pages, kipc_param_pipe_user_pages, ulong, 0644);
MODULE_PARM_DESC(pipe_user_pages,
		 "Pages of pipe capacity an unprivileged user may have in all; 0: no limit (default: an eighth of memory, at least 64 MiB)");

unsigned int kipc_param_pipe_size_max = SZ_1M;
module_param_named(pipe_size_max, kipc_param_pipe_size_max, uint, 0644);
MODULE_PARM_DESC(pipe_size_max,
		 "Bytes that an unprivileged user may make a pipe hold (default: 1048576)");

unsigned int kipc_param_sem_user_undos = 65536;
module_param_named(sem_user_undos, kipc_param_sem_user_undos, uint, 0644);
MODULE_PARM_DESC(sem_user_undos,
		 "Pairs of a process and a semaphore set with SEM_UNDO adjustments that an unprivileged user may have in all; 0: no limit (default: 65536)");

unsigned int kipc_param_sig_user_signals = 65536;
module_param_named(sig_user_signals, kipc_param_sig_user_signals, uint, 0644);
MODULE_PARM_DESC(sig_user_signals,
		 "Real-time signals that an unprivileged user may have sent to signal queues and nobody has taken yet, in all; 0: no limit (default: 65536)");

static int kipc_param_get_objects(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%ld\n", kipc_instances_objects());
}

static const struct kernel_param_ops kipc_param_objects_ops = {
	.get = kipc_param_get_objects,
};
module_param_cb(objects, &kipc_param_objects_ops, NULL, 0444);
MODULE_PARM_DESC(objects, "Live objects of all instances (read only)");

static int kipc_device_open(struct inode *inode, struct file *file)
{
	file->private_data = kipc_default_instance;
	return stream_open(inode, file);
}

static const struct file_operations kipc_device_fops = {
	.owner		= THIS_MODULE,
	.open		= kipc_device_open,
	.unlocked_ioctl	= kipc_instance_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.show_fdinfo	= kipc_fdinfo_show_node,
};

/* For every user: what they may do is up to the objects and to the limits. */
static struct miscdevice kipc_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= KIPC_DEVICE_NAME,
	.fops	= &kipc_device_fops,
	.mode	= 0666,
};

static void __init kipc_set_default_limits(void)
{
	unsigned long least = KIPC_USER_BYTES_MIN >> PAGE_SHIFT;

	if (kipc_param_pipe_user_pages == KIPC_USER_PAGES_AUTO)
		kipc_param_pipe_user_pages =
			max(totalram_pages() / KIPC_USER_SHARE, least);
}

static int __init kipc_init(void)
{
	static const struct kipc_fs_node_ops node_ops __initconst = {
		.fifo_fops = &kipc_fifo_fops,
		.fifo_iops = &kipc_fifo_iops,
		.fifo_settle_times = kipc_pipe_settle_times,
	};
	int ret;

	kipc_set_default_limits();
	kipc_ioctl_register(&kipc_core_ioctls);
	kipc_ioctl_register(&kipc_pipe_ioctls);
	kipc_ioctl_register(&kipc_shm_ioctls);
	kipc_ioctl_register(&kipc_sem_ioctls);
	kipc_ioctl_register(&kipc_msg_ioctls);
	kipc_ioctl_register(&kipc_sig_ioctls);
	kipc_table_register(&kipc_shm_table_ops);
	kipc_table_register(&kipc_sem_table_ops);
	kipc_table_register(&kipc_msg_table_ops);
	kipc_table_register(&kipc_sig_table_ops);

	kipc_exit_init();
	ret = kipc_buckets_init();
	if (ret)
		return ret;
	ret = kipc_sem_init();
	if (ret)
		goto out_buckets;
	ret = kipc_msg_init();
	if (ret)
		goto out_sem;
	ret = kipc_sig_init();
	if (ret)
		goto out_msg;
	ret = kipc_instances_init();
	if (ret)
		goto out_sig;
	kipc_shm_pages_init();
	ret = kipc_pipe_init();
	if (ret)
		goto out_shm;
	ret = kipc_anon_init();
	if (ret)
		goto out_pipe;
	ret = misc_register(&kipc_device);
	if (ret)
		goto out_anon;
	ret = kipc_fs_init(&node_ops);
	if (ret)
		goto out_device;
	return 0;

out_device:
	misc_deregister(&kipc_device);
out_anon:
	kipc_anon_exit();
out_pipe:
	kipc_pipe_exit();
out_shm:
	kipc_instances_exit();
	kipc_shm_pages_exit();
out_sig:
	kipc_sig_exit();
out_msg:
	kipc_msg_exit();
out_sem:
	kipc_sem_exit();
out_buckets:
	kipc_buckets_exit();
	return ret;
}

static void __exit kipc_exit(void)
{
	kipc_fs_exit();
	misc_deregister(&kipc_device);
	kipc_anon_exit();
	kipc_pipe_exit();
	kipc_instances_exit();
	kipc_shm_pages_exit();
	kipc_sig_exit();
	kipc_msg_exit();
	kipc_sem_exit();
	kipc_buckets_exit();
}

module_init(kipc_init);
module_exit(kipc_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("IPC objects outside the kernel: pipes, FIFOs, shared memory, semaphores, message and signal queues");
MODULE_VERSION("0.1");
