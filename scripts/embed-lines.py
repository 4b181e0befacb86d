#!/usr/bin/env python3
"""Turns a file of lines into a C array of strings: embed-lines.py NAME INPUT OUTPUT.

Lines are kept as they are; empty ones and those that start with # are left out. The array is followed by
NAME_count.
"""
import sys

name, source, target = sys.argv[1:4]
with open(source, encoding="utf-8") as f:
    lines = [line.rstrip("\n") for line in f]
lines = [line for line in lines if line and not line.startswith("#")]
with open(target, "w", encoding="utf-8") as out:
    out.write('/* Made from %s. */\n#include "apiserver/embedded.h"\n\n' % source.rsplit("/", 1)[-1])
    out.write("const char *const %s[] = {\n" % name)
    for line in lines:
        out.write('    "%s",\n' % line.replace("\\", "\\\\").replace('"', '\\"'))
    out.write("};\nconst size_t %s_count = sizeof(%s) / sizeof(%s[0]);\n" % (name, name, name))
