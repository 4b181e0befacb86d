/* usage.h - what a process uses, from /proc. */
#ifndef BENCH_USAGE_H
#define BENCH_USAGE_H

#include <stdbool.h>
#include <stdint.h>

struct usage {
    int64_t cpu_ms;  /* user and system, since its start */
    int64_t rss_kib; /* resident */
    int64_t files;   /* open descriptors */
};
/* False when the process is gone or may not be looked at; *u is left alone. */
bool usage_read(int pid, struct usage *u);

#endif
