/* tests/conformance/reference.h - where the recorded facts of upstream are: folder CUBEADM_REFERENCE, else
 * ../shared/reference beside the source tree. Programs exit with 77 (skipped) when they are not there. */
#ifndef CONFORMANCE_REFERENCE_H
#define CONFORMANCE_REFERENCE_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline const char *reference_dir(void)
{
    static const char *const fallbacks[] = { CUBEADM_SOURCE "/../shared/reference",
                                             CUBEADM_SOURCE "/../../shared/reference" };
    const char *dir = getenv("CUBEADM_REFERENCE");
    if (dir && access(dir, R_OK) == 0)
        return dir;
    for (size_t i = 0; !dir && i < sizeof fallbacks / sizeof *fallbacks; i++)
        if (access(fallbacks[i], R_OK) == 0)
            return fallbacks[i];
    printf("skipped: no recorded facts; set CUBEADM_REFERENCE to their folder\n");
    exit(77);
}

#endif
