/* usage.c - reads /proc/<pid>. Must not keep anything. */
#include "usage.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Fields 14, 15 and 24 of proc(5) stat; the name before may hold anything. */
static bool read_stat(int pid, struct usage *u)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    const char *after = strrchr(text, ')');
    if (!after)
        return false;
    int64_t user = 0, system = 0, pages = 0;
    char *at, *rest = NULL;
    int field = 3;
    for (at = strtok_r(text + (after + 1 - text), " ", &rest); at && field <= 24; field++) {
        int64_t v = strtoll(at, NULL, 10);
        user = field == 14 ? v : user;
        system = field == 15 ? v : system;
        pages = field == 24 ? v : pages;
        at = strtok_r(NULL, " ", &rest);
    }
    if (field <= 24)
        return false;
    u->cpu_ms = (user + system) * 1000 / sysconf(_SC_CLK_TCK);
    u->rss_kib = pages * (sysconf(_SC_PAGESIZE) / 1024);
    return true;
}

bool usage_read(int pid, struct usage *u)
{
    struct usage got = { 0 };
    char path[64];
    if (!read_stat(pid, &got))
        return false;
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *d = opendir(path);
    if (!d)
        return false;
    for (const struct dirent *e; (e = readdir(d));)
        got.files += e->d_name[0] != '.';
    closedir(d);
    *u = got;
    return true;
}
