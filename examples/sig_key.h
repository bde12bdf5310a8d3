/* SPDX-License-Identifier: GPL-2.0 */
/* Where sig_sender finds the queue of sig_listener. */
#ifndef SIG_KEY_H
#define SIG_KEY_H

#define SIGNALS_KEY	0x7369676e

#endif /* SIG_KEY_H */
