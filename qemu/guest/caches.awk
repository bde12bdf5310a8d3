# SPDX-License-Identifier: GPL-2.0
# The kernel's log without the stacks that it shows when a slab cache of the module's could not
# be made. That is no mistake - load_failnth_test has it happen on purpose - and who asked for
# the cache is told by an error. Such a stack is printed in one piece.

/kmem_cache_create[a-z_]*\(kipc_[a-z_0-9]*\) failed with error -[0-9]+$/ { stack = 1 }

!stack { print }

/<\/TASK>$/ { stack = 0 }
