/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KIPC_CORE_PARAM_H
#define _KIPC_CORE_PARAM_H

/*
 * Limits that an administrator sets as module parameters. They are defined in
 * main.c, may change at any time, and are read with READ_ONCE().
 */

/* Pages of pipe capacity that an unprivileged user may have; 0 for no limit. */
extern unsigned long kipc_param_pipe_user_pages;

/* The largest capacity that an unprivileged user may give a pipe, in bytes. */
extern unsigned int kipc_param_pipe_size_max;

/* Adjustments, see KIPC_CHARGE_UNDOS, that an unprivileged user may have; 0 for no limit. */
extern unsigned int kipc_param_sem_user_undos;

/* Signals, see KIPC_CHARGE_SIGNALS, that an unprivileged user may have; 0 for no limit. */
extern unsigned int kipc_param_sig_user_signals;

#endif /* _KIPC_CORE_PARAM_H */
