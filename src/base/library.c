/* Shared libraries loaded when they are needed. Must not know any. */
#include "base/library.h"
#include <dlfcn.h>

const char *cu_library_load(const char *file, const char *absent, const struct cu_symbol *v, size_t n)
{
    void *lib = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!lib)
        return absent;
    for (size_t i = 0; i < n; i++) {
        void *p = dlsym(lib, v[i].name);
        if (!p)
            return v[i].name;
        *(void **)v[i].slot = p;
    }
    return NULL;
}
