/* Compares the platform an image was built for (names of OCI, which are Go's) with this machine. Must not know how a
 * runtime is asked. */
#include "cri/platform.h"
#include "base/str.h"
#include "codec/value.h"
#include <string.h>

/* What uname(2) calls it, what images call it, and what else it runs. */
static const struct machine {
    const char *machine, *arch, *also;
} machines[] = {
    { "x86_64", "amd64", "386" }, { "aarch64", "arm64", "arm" },  { "armv8l", "arm", NULL },
    { "armv7l", "arm", NULL },    { "armv6l", "arm", NULL },      { "i686", "386", NULL },
    { "i586", "386", NULL },      { "i386", "386", NULL },        { "ppc64le", "ppc64le", NULL },
    { "s390x", "s390x", NULL },   { "riscv64", "riscv64", NULL }, { "loongarch64", "loong64", NULL },
};

static const struct machine *find(const char *name)
{
    for (size_t i = 0; i < CU_LEN(machines); i++)
        if (cu_streq(machines[i].machine, name))
            return &machines[i];
    return NULL;
}

char *cri_platform_read(const char *info)
{
    cu_autoval struct val *doc = NULL;
    if (val_parse_json(info, strlen(info), &doc, NULL) < 0)
        return NULL;
    const char *os = val_find_str(doc, "imageSpec", "os", NULL);
    const char *arch = val_find_str(doc, "imageSpec", "architecture", NULL);
    return cu_is_empty(arch) ? NULL : cu_asprintf("%s/%s", cu_or(os, "linux"), arch);
}

bool cri_platform_is_foreign(const char *platform, const char *machine)
{
    const struct machine *m = find(machine);
    if (!platform || !m)
        return false;
    if (!cu_has_prefix(platform, "linux/"))
        return true;
    const char *arch = platform + strlen("linux/");
    return !cu_streq(arch, m->arch) && !(m->also && cu_streq(arch, m->also));
}

char *cri_platform_cause(const char *platform, const char *machine)
{
    const struct machine *m = find(machine);
    return cu_asprintf("it was built for %s and does not run on this machine (%s, linux/%s); use a tag or an "
                       "--image-repository with images for %s",
                       platform, machine, m ? m->arch : "unknown", m ? m->arch : machine);
}
