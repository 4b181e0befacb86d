/* base/library.h - shared libraries loaded at their first use, by programs that mostly do without them. */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include <stddef.h>

struct cu_symbol {
    const char *name;
    void *slot; /* of a pointer to a function of that symbol's type */
};

/* Loads the library for good and fills all slots. NULL, else what is wrong: `absent` when it cannot be loaded, or the name
 * of the symbol it lacks; borrowed. Call once: pthread_once(3). */
const char *cu_library_load(const char *file, const char *absent, const struct cu_symbol *v, size_t n);

#endif
