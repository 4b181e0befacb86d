/* Questions about the command line a run was started with. It must not know how it was read. */
#include "phases/options.h"
#include "base/str.h"
#include "config/validate.h"

bool ph_opts_given(const struct ph_opts *o, const char *flag)
{
    return cu_strlist_has(&o->given, flag);
}

bool ph_opts_known(const struct ph_opts *o, const char *flag)
{
    return cu_strlist_has(&o->known, flag);
}

int ph_opts_check_mixed(const struct ph_opts *o, struct cu_err *err)
{
    static const char *const own[] = { "embedded", "component-dir", "events", "fix-preflight", "output" };
    if (cu_is_empty(o->config))
        return 0;
    cu_autostrlist struct cu_strlist names = CU_STRLIST_INIT;
    for (size_t i = 0; i < o->given.n; i++) {
        bool ours = false;
        for (size_t k = 0; k < CU_LEN(own); k++)
            ours = ours || cu_streq(o->given.v[i], own[k]);
        if (!ours)
            cu_strlist_add(&names, o->given.v[i]);
    }
    return cfg_check_mixed_flags(&names, err);
}
