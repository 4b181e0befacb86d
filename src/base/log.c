/* base/log.c - diagnostics in klog's line format.
 * Must not exit, must not write more than one line per call. */
#include "base/log.h"

#include <fnmatch.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "base/str.h"
#include "base/strlist.h"

struct rule {
    char *pattern;
    int level;
};

static struct {
    atomic_int verbosity;
    atomic_int max_rule;  /* highest level of any rule: the cheap test before the lock */
    pthread_mutex_t lock; /* guards what follows */
    struct rule *rules;
    size_t n_rules;
    FILE *stream; /* NULL: stderr */
} state = { .lock = PTHREAD_MUTEX_INITIALIZER };

void cu_log_set_verbosity(int v)
{
    atomic_store(&state.verbosity, v);
}

int cu_log_verbosity(void)
{
    return atomic_load(&state.verbosity);
}

static void free_rules(struct rule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(rules[i].pattern);
    free(rules);
}

bool cu_log_set_vmodule(const char *spec)
{
    cu_autostrlist struct cu_strlist parts = CU_STRLIST_INIT;
    cu_strlist_split(&parts, spec, ',');
    struct rule *rules = cu_calloc(parts.n, sizeof *rules);
    size_t n = 0;
    int max = 0;
    for (size_t i = 0; i < parts.n; i++) {
        char *equals = strrchr(parts.v[i], '=');
        int64_t level;
        if (!*parts.v[i])
            continue; /* a trailing comma */
        if (!equals || equals == parts.v[i] || cu_parse_i64(equals + 1, 0, 1000, &level, NULL) < 0) {
            free_rules(rules, n);
            return false;
        }
        rules[n].pattern = cu_strndup(parts.v[i], (size_t)(equals - parts.v[i]));
        rules[n++].level = (int)level;
        max = level > max ? (int)level : max;
    }
    pthread_mutex_lock(&state.lock);
    struct rule *old = state.rules;
    size_t n_old = state.n_rules;
    state.rules = rules;
    state.n_rules = n;
    atomic_store(&state.max_rule, max);
    pthread_mutex_unlock(&state.lock);
    free_rules(old, n_old);
    return true;
}

void cu_log_set_stream(FILE *f)
{
    pthread_mutex_lock(&state.lock);
    state.stream = f;
    pthread_mutex_unlock(&state.lock);
}

static bool rule_allows(const char *file, int level)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(file, "."), file);
    bool yes = false;
    pthread_mutex_lock(&state.lock);
    for (size_t i = 0; i < state.n_rules && !yes; i++)
        yes = state.rules[i].level >= level && fnmatch(state.rules[i].pattern, name, 0) == 0;
    pthread_mutex_unlock(&state.lock);
    return yes;
}

void cu_log_at(char severity, int level, const char *file, int line, const char *fmt, ...)
{
    const char *slash = strrchr(file, '/');
    file = slash ? slash + 1 : file;
    if (level > atomic_load(&state.verbosity) &&
        (level > atomic_load(&state.max_rule) || !rule_allows(file, level)))
        return;
    va_list ap;
    va_start(ap, fmt);
    char *text = NULL;
    int n = vasprintf(&text, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    while (n && text[n - 1] == '\n')
        text[--n] = '\0';
    for (char *p = text; *p; p++)
        if (*p == '\n' || *p == '\r')
            *p = ' '; /* one line, so that outside text cannot forge another */
    struct timeval now;
    struct tm tm;
    gettimeofday(&now, NULL);
    localtime_r(&now.tv_sec, &tm);
    pthread_mutex_lock(&state.lock);
    FILE *f = state.stream ? state.stream : stderr;
    fprintf(f, "%c%02d%02d %02d:%02d:%02d.%06ld %7d %s:%d] %s\n", severity, tm.tm_mon + 1, tm.tm_mday,
            tm.tm_hour, tm.tm_min, tm.tm_sec, (long)now.tv_usec, (int)getpid(), file, line, text);
    fflush(f);
    pthread_mutex_unlock(&state.lock);
    free(text);
}
