/* What `config migrate` writes must pass `config validate`, and migrating it again must come to rest: the second time
 * may change a timeout (spec config 21.1), the third must not. Component configurations are among the input. */
#include "base/str.h"
#include "config/load.h"
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool ok, const char *text)
{
    if (ok)
        return;
    fprintf(stderr, "%s\n", text);
    abort();
}

/* Path of a nameless file with the text; its descriptor in *fd. Caller frees. */
static char *file_of(const char *text, int *fd)
{
    *fd = memfd_create("config", MFD_CLOEXEC);
    check(*fd >= 0 && write(*fd, text, strlen(text)) == (ssize_t)strlen(text), "memfd");
    return cu_asprintf("/proc/self/fd/%d", *fd);
}

static struct cfg_load_options options(void)
{
    struct cfg_load_options o = { .strict = true, .quiet_deprecated = true };
    o.host.hostname = "fuzz";
    return o;
}

/* NULL when the text cannot be migrated. */
static char *migrate(const char *text)
{
    cu_autoclose int fd = -1;
    cu_autofree char *path = file_of(text, &fd);
    const struct cfg_load_options o = options();
    char *out = NULL;
    return cfg_migrate_file(path, &o, &out, NULL) < 0 ? NULL : out;
}

static bool is_valid(const char *text)
{
    cu_autoclose int fd = -1;
    cu_autofree char *path = file_of(text, &fd);
    const struct cfg_load_options o = options();
    return cfg_validate_file(path, &o, NULL) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    cu_autofree char *text = cu_strndup((const char *)data, n);
    cu_autofree char *first = migrate(text);
    if (!first)
        return 0;
    check(is_valid(first), first);
    cu_autofree char *second = migrate(first);
    check(second != NULL, first);
    cu_autofree char *third = migrate(second);
    check(third && strcmp(second, third) == 0, second);
    return 0;
}
