// SPDX-License-Identifier: GPL-2.0
/*
 * A module full of mistakes, for each detector of the debug kernels one: to write the name
 * of a mistake to the parameter "commit" commits it. qemu/guest/controls.sh does so and
 * wants to see that what judges the runs of the selftests does not let it pass.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pagemap.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "faulty.h"

#define SIZE	24

/* Read with READ_ONCE(): no compiler is to find the mistakes first. */
static size_t beyond = SIZE;
static int zero;

/* --- memory */

static int use_after_free(void)
{
	u8 *memory = kmalloc(SIZE, GFP_KERNEL);

	if (!memory)
		return -ENOMEM;
	kfree(memory);
	OPTIMIZER_HIDE_VAR(memory);
	return READ_ONCE(*memory) & 0;
}

static int heap_out_of_bounds(void)
{
	u8 *memory = kmalloc(SIZE, GFP_KERNEL);

	if (!memory)
		return -ENOMEM;
	WRITE_ONCE(memory[READ_ONCE(beyond)], 1);
	kfree(memory);
	return 0;
}

static int stack_out_of_bounds(void)
{
	u8 memory[SIZE] = {};
	u8 *p = memory;

	OPTIMIZER_HIDE_VAR(p);
	return READ_ONCE(p[READ_ONCE(beyond)]) & 0;
}

static int global_out_of_bounds(void)
{
	static u8 memory[SIZE];
	u8 *p = memory;

	OPTIMIZER_HIDE_VAR(p);
	return READ_ONCE(p[READ_ONCE(beyond)]) & 0;
}

static int vmalloc_out_of_bounds(void)
{
	u8 *memory = vmalloc(SIZE);

	if (!memory)
		return -ENOMEM;
	WRITE_ONCE(memory[READ_ONCE(beyond)], 1);
	vfree(memory);
	return 0;
}

/* The page that comes next is the one that this CPU freed last. */
static int write_to_free_page(void)
{
	struct page *page = alloc_page(GFP_KERNEL);
	u8 *memory;

	if (!page)
		return -ENOMEM;
	memory = page_address(page);
	__free_page(page);
	unseen_write(memory);
	page = alloc_page(GFP_KERNEL);
	if (page)
		__free_page(page);
	return 0;
}

static int leak(void)
{
	return kmalloc(SIZE, GFP_KERNEL) ? 0 : -ENOMEM;
}

/* Who fails after an allocation forgets it: nothing but a failure shows that. */
static int leak_after_failure(void)
{
	void *first, *second;

	first = kmalloc(SIZE, GFP_KERNEL);
	if (!first)
		return -ENOMEM;
	second = kmalloc(SIZE, GFP_KERNEL);
	if (!second)
		return -ENOMEM;
	kfree(second);
	kfree(first);
	return 0;
}

/* The module itself knows of it, as long as it is there. */
static int leak_at_unload(void)
{
	static char *memory;

	WRITE_ONCE(memory, kstrdup("leak_at_unload", GFP_KERNEL));
	return READ_ONCE(memory) ? 0 : -ENOMEM;
}

/* What kills its task is left to one that holds nothing. */
static int leave_to_a_thread(int (*run)(void *unused))
{
	return PTR_ERR_OR_ZERO(kthread_run(run, NULL, "kipc_faulty"));
}

static int copy_more(void *unused)
{
	u8 *memory = kmalloc(SIZE, GFP_KERNEL);

	if (!memory)
		return 0;
	OPTIMIZER_HIDE_VAR(memory);
	if (copy_to_user(NULL, memory, 4 * READ_ONCE(beyond)))
		kfree(memory);
	return 0;
}

static int copy_more_than_an_object(void)
{
	return leave_to_a_thread(copy_more);
}

static int unlock_page_only(void *unused)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (page)
		unlock_page(page);
	return 0;
}

static int unlock_page_that_is_not_locked(void)
{
	return leave_to_a_thread(unlock_page_only);
}

/* Nobody looks whether there is one. */
static int failure_of_a_page(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	WARN_ON(!page);
	if (page)
		__free_page(page);
	return 0;
}

static int failure_of_a_copy(void)
{
	u8 byte;

	WARN_ON(copy_from_user(&byte, (void __user *)current->mm->arg_start, sizeof(byte)));
	return 0;
}

static int cache_with_an_object(void)
{
	struct kmem_cache *cache = kmem_cache_create("kipc_faulty", SIZE, 0, SLAB_POISON, NULL);

	if (!cache)
		return -ENOMEM;
	if (!kmem_cache_alloc(cache, GFP_KERNEL))
		return -ENOMEM;
	kmem_cache_destroy(cache);
	return 0;
}

/* --- what is not defined in C */

static int array_index(void)
{
	static u8 array[SIZE];

	array[READ_ONCE(beyond)] = 1;
	barrier_data(array);
	return 0;
}

static int shift_too_far(void)
{
	WRITE_ONCE(zero, (1 << (READ_ONCE(beyond) + 8)) & 0);
	return 0;
}

static int bool_of_a_byte(void)
{
	u8 byte = 0x5c;
	bool *p = (bool *)&byte;

	OPTIMIZER_HIDE_VAR(p);
	if (*p)
		barrier();
	return 0;
}

/* --- locks and contexts */

static DEFINE_MUTEX(first_mutex);
static DEFINE_MUTEX(second_mutex);
static DEFINE_SPINLOCK(spinlock);

static int lock_inversion(void)
{
	mutex_lock(&first_mutex);
	mutex_lock(&second_mutex);
	mutex_unlock(&second_mutex);
	mutex_unlock(&first_mutex);

	mutex_lock(&second_mutex);
	mutex_lock(&first_mutex);
	mutex_unlock(&first_mutex);
	mutex_unlock(&second_mutex);
	return 0;
}

static DEFINE_SPINLOCK(timer_lock);
static DEFINE_SPINLOCK(inner_lock);

static void lock_in_timer(struct timer_list *timer)
{
	spin_lock(&timer_lock);
	spin_unlock(&timer_lock);
}

static DEFINE_TIMER(locking_timer, lock_in_timer);

/* Who holds the inner lock may be interrupted by the timer, which waits for who waits for it. */
static int irq_inversion(void)
{
	spin_lock_bh(&timer_lock);
	spin_lock(&inner_lock);
	spin_unlock(&inner_lock);
	spin_unlock_bh(&timer_lock);

	spin_lock(&inner_lock);
	spin_unlock(&inner_lock);
	mod_timer(&locking_timer, jiffies);
	return 0;
}

static int destroyed_mutex(void)
{
	static DEFINE_MUTEX(mutex);

	mutex_destroy(&mutex);
	mutex_lock(&mutex);
	mutex_unlock(&mutex);
	return 0;
}

static int cpu_while_preemptible(void)
{
	WRITE_ONCE(zero, smp_processor_id() & 0);
	return 0;
}

static int sleep_in_atomic(void)
{
	spin_lock(&spinlock);
	mutex_lock(&first_mutex);
	mutex_unlock(&first_mutex);
	spin_unlock(&spinlock);
	return 0;
}

static int schedule_in_atomic(void)
{
	spin_lock(&spinlock);
	schedule_timeout_uninterruptible(1);
	spin_unlock(&spinlock);
	return 0;
}

static int suspicious_rcu(void)
{
	static int __rcu *pointer;

	return rcu_dereference(pointer) ? 1 : 0;
}

/* --- what is still in use */

struct timed {
	struct timer_list timer;
};

static void timed_do_nothing(struct timer_list *timer)
{
}

static int free_active_timer(void)
{
	struct timed *timed = kmalloc(sizeof(*timed), GFP_KERNEL);

	if (!timed)
		return -ENOMEM;
	timer_setup(&timed->timer, timed_do_nothing, 0);
	mod_timer(&timed->timer, jiffies + 3600 * HZ);
	kfree(timed);
	return 0;
}

static void work_a_while(struct work_struct *work)
{
	msleep(1000);
}

static void work_nothing(struct work_struct *work)
{
}

static int free_queued_work(void)
{
	static DECLARE_WORK(first, work_a_while);
	struct workqueue_struct *queue = alloc_ordered_workqueue("kipc_faulty", 0);
	struct work_struct *second = kmalloc(sizeof(*second), GFP_KERNEL);

	if (!queue || !second)
		return -ENOMEM;
	INIT_WORK(second, work_nothing);
	queue_work(queue, &first);
	queue_work(queue, second);
	kfree(second);
	destroy_workqueue(queue);
	return 0;
}

static void rcu_do_nothing(struct rcu_head *head)
{
}

static int double_call_rcu(void)
{
	static struct rcu_head head;

	call_rcu(&head, rcu_do_nothing);
	call_rcu(&head, rcu_do_nothing);
	rcu_barrier();
	return 0;
}

static int reference_underflow(void)
{
	refcount_t references = REFCOUNT_INIT(1);

	if (refcount_dec_and_test(&references))
		refcount_dec(&references);
	return 0;
}

static int list_corruption(void)
{
	static struct list_head item;
	static LIST_HEAD(list);

	list_add(&item, &list);
	list_del(&item);
	list_del(&item);
	return 0;
}

/* --- hangs: the detectors' patience is a sysctl */

static int sleeper(void *unused)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_timeout(12 * HZ);
	return 0;
}

static int hung_task(void)
{
	return leave_to_a_thread(sleeper);
}

static int spin(void *unused)
{
	preempt_disable();
	mdelay(8000);
	preempt_enable();
	return 0;
}

static int soft_lockup(void)
{
	return leave_to_a_thread(spin);
}

static int spin_reading(void *unused)
{
	rcu_read_lock();
	mdelay(15000);
	rcu_read_unlock();
	return 0;
}

static int rcu_stall(void)
{
	int error = leave_to_a_thread(spin_reading);

	/* it has begun by then, and somebody wants it to end */
	msleep(100);
	synchronize_rcu();
	return error;
}

static void work_spinning(struct work_struct *work)
{
	mdelay(8000);
}

static int workqueue_lockup(void)
{
	static DECLARE_WORK(first, work_spinning);
	static DECLARE_WORK(second, work_nothing);

	queue_work_on(0, system_wq, &first);
	queue_work_on(0, system_wq, &second);
	flush_work(&second);
	return 0;
}

/* --- races */

static int counter, flag, constant;
static atomic_t nr_running;

/* Have @run run on @cpus CPUs at the same time and wait for all. */
static int run_on(unsigned long cpus, int (*run)(void *number))
{
	struct task_struct *task;
	unsigned long i;

	atomic_set(&nr_running, 0);
	for (i = 0; i < cpus; i++) {
		task = kthread_create_on_cpu(run, (void *)i, i, "kipc_faulty");
		if (IS_ERR(task))
			return PTR_ERR(task);
		atomic_inc(&nr_running);
		wake_up_process(task);
	}
	while (atomic_read(&nr_running))
		msleep(20);
	return 0;
}

static int count(void *unused)
{
	unsigned long end = jiffies + 2 * HZ;

	while (time_before(jiffies, end)) {
		counter++;
		/* or it would be added to once, at the end */
		barrier();
	}
	atomic_dec(&nr_running);
	return 0;
}

static int unlocked_counter(void)
{
	return run_on(2, count);
}

/* A lock that orders nothing: it works on this machine, though not on every one. */
static int count_locked(void *unused)
{
	unsigned long end = jiffies + 2 * HZ;

	while (time_before(jiffies, end)) {
		if (!cmpxchg(&flag, 0, 1)) {
			counter++;
			WRITE_ONCE(flag, 0);
		}
	}
	atomic_dec(&nr_running);
	return 0;
}

static int missing_barrier(void)
{
	return run_on(2, count_locked);
}

/* One writes what is there already, as the other one sees. */
static int store_the_same(void *number)
{
	unsigned long end = jiffies + 2 * HZ;

	while (time_before(jiffies, end)) {
		if (number)
			constant = 1;
		else if (constant != 1)
			WRITE_ONCE(zero, 0);
		barrier();
	}
	atomic_dec(&nr_running);
	return 0;
}

static int unlocked_constant(void)
{
	constant = 1;
	return run_on(2, store_the_same);
}

static enum hrtimer_restart count_in_interrupt(struct hrtimer *timer)
{
	counter++;
	hrtimer_forward_now(timer, ns_to_ktime(NSEC_PER_MSEC / 2));
	return HRTIMER_RESTART;
}

static int count_interrupted(void *unused)
{
	unsigned long end = jiffies + 2 * HZ;
	struct hrtimer timer;

	hrtimer_init_on_stack(&timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	timer.function = count_in_interrupt;
	hrtimer_start(&timer, ns_to_ktime(NSEC_PER_MSEC), HRTIMER_MODE_REL_PINNED_HARD);
	while (time_before(jiffies, end)) {
		counter++;
		barrier();
	}
	hrtimer_cancel(&timer);
	destroy_hrtimer_on_stack(&timer);
	atomic_dec(&nr_running);
	return 0;
}

/* On one CPU, where only an interrupt can come between. */
static int counter_in_interrupt(void)
{
	return run_on(1, count_interrupted);
}

/* --- what the kernel says by itself */

static int warning(void)
{
	WARN_ON(!READ_ONCE(zero));
	return 0;
}

static int last_word(void)
{
	panic("kipc_faulty: this is its last word");
}

static int taint_without_a_word(void)
{
	add_taint(TAINT_USER, LOCKDEP_STILL_OK);
	return 0;
}

/* --- what is not initialised */

struct record {
	u32 set;
	u32 unset;
};

/* Files that give out a structure of which one member was never set. */
static int give_out(char *buffer, struct record *record)
{
	/* the compiler would know */
	OPTIMIZER_HIDE_VAR(record);
	record->set = 1;
	memcpy(buffer, record, sizeof(*record));
	return sizeof(*record);
}

static int unset_member_get(char *buffer, const struct kernel_param *kp)
{
	struct record record;

	return give_out(buffer, &record);
}

static int unset_in_object_get(char *buffer, const struct kernel_param *kp)
{
	/* not at the end of the object, where another value is */
	struct record *record = kmalloc_array(8, sizeof(*record), GFP_KERNEL);
	int ret;

	if (!record)
		return -ENOMEM;
	ret = give_out(buffer, record);
	kfree(record);
	return ret;
}

static const struct kernel_param_ops unset_member_ops = {
	.get = unset_member_get,
}, unset_in_object_ops = {
	.get = unset_in_object_get,
};
module_param_cb(unset_member, &unset_member_ops, NULL, 0400);
module_param_cb(unset_in_object, &unset_in_object_ops, NULL, 0400);

#define MISTAKE(name) { #name, name }
static const struct {
	const char *name;
	int (*commit)(void);
} mistakes[] = {
	MISTAKE(use_after_free),
	MISTAKE(heap_out_of_bounds),
	MISTAKE(stack_out_of_bounds),
	MISTAKE(global_out_of_bounds),
	MISTAKE(vmalloc_out_of_bounds),
	MISTAKE(write_to_free_page),
	MISTAKE(copy_more_than_an_object),
	MISTAKE(unlock_page_that_is_not_locked),
	MISTAKE(failure_of_a_page),
	MISTAKE(failure_of_a_copy),
	MISTAKE(leak),
	MISTAKE(leak_after_failure),
	MISTAKE(leak_at_unload),
	MISTAKE(cache_with_an_object),
	MISTAKE(array_index),
	MISTAKE(shift_too_far),
	MISTAKE(bool_of_a_byte),
	MISTAKE(lock_inversion),
	MISTAKE(irq_inversion),
	MISTAKE(destroyed_mutex),
	MISTAKE(cpu_while_preemptible),
	MISTAKE(sleep_in_atomic),
	MISTAKE(schedule_in_atomic),
	MISTAKE(suspicious_rcu),
	MISTAKE(free_active_timer),
	MISTAKE(free_queued_work),
	MISTAKE(double_call_rcu),
	MISTAKE(reference_underflow),
	MISTAKE(list_corruption),
	MISTAKE(hung_task),
	MISTAKE(soft_lockup),
	MISTAKE(rcu_stall),
	MISTAKE(workqueue_lockup),
	MISTAKE(unlocked_counter),
	MISTAKE(missing_barrier),
	MISTAKE(unlocked_constant),
	MISTAKE(counter_in_interrupt),
	MISTAKE(warning),
	MISTAKE(taint_without_a_word),
	MISTAKE(last_word),
};

static int commit_set(const char *value, const struct kernel_param *kp)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mistakes); i++)
		if (sysfs_streq(value, mistakes[i].name))
			return mistakes[i].commit();
	return -EINVAL;
}

static const struct kernel_param_ops commit_ops = {
	.set = commit_set,
};
module_param_cb(commit, &commit_ops, NULL, 0200);

MODULE_DESCRIPTION("Mistakes on purpose, to try what is to find mistakes");
MODULE_LICENSE("GPL");
