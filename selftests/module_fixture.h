/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fixture of the tests in which the module is unloaded, and of what must keep it: the
 * default instance, with nothing in it, whose descriptor such a test closes and opens again.
 */
#ifndef KIPC_MODULE_FIXTURE_H
#define KIPC_MODULE_FIXTURE_H

#include "unload.h"

FIXTURE(module)
{
	int dev;
};

FIXTURE_SETUP(module)
{
	self->dev = kipc_open();
	ASSERT_LE(0, self->dev)
		TH_LOG(KIPC_DEVICE ": %s", strerror(errno));
	ASSERT_EQ(0, param_get("objects"));
}

FIXTURE_TEARDOWN(module)
{
	children_reap();
	close(self->dev);
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == 0));
}

#endif /* KIPC_MODULE_FIXTURE_H */
