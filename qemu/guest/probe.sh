#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Proves that the guest boots and can run programs.
echo "booted $(uname -r)"
echo yes > "$OUT/verdict"
