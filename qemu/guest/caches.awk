# SPDX-License-Identifier: GPL-2.0
# The kernel's log without the line that begins a stack, where that is shown because there was
# no memory for a slab cache of the module's. That is no mistake - load_failnth_test has it
# happen on purpose - and who asked for the cache is told by an error, EINVAL where there was none
# for what SLUB keeps of each CPU. No other line of the stack is a word of trouble, and none but
# this one, right after the reason, is left out.

/kmem_cache_create[a-z_]*\(kipc_[a-z_0-9]*\) failed with error -(12|22)$/ { lines = 8 }

/BUG|WARNING|Oops|KASAN|UBSAN|KCSAN/ { lines = 0 }

lines > 0 && /Call Trace:$/ { lines = 0; next }

{ print; lines-- }
