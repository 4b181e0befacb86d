/* phases/pull_images.h - has the container runtime pull the images of a control plane, and shows how it goes: on a
 * terminal one line that is written over, else plain lines as upstream's. For preflight and `config images pull`. */
#ifndef PHASES_PULL_IMAGES_H
#define PHASES_PULL_IMAGES_H

#include "base/err.h"
#include "base/strlist.h"
#include <stdbool.h>

struct cri_client;

struct ph_pull {
    FILE *out;
    const char *prefix; /* "[preflight]" */
    const struct cu_strlist *images;
    bool check_first;    /* policy IfNotPresent */
    bool parallel;       /* imagePullSerial: false */
    bool stop_at_failed; /* start no further image after a failure */
    bool say_pulled;     /* a line for each image, in list order */
};

/* 0 when all are there. Appends to `failed` one text per image that could not be pulled; then the code is
 * CU_E_SERVER and err holds the first of them. CU_E_CANCELED: interrupted. */
int ph_pull_images(struct cri_client *c, const struct ph_pull *p, struct cu_strlist *failed,
                   struct cu_err *err);

#endif
