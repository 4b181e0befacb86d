/* cri/pull.h - has a container runtime pull images, one after another or all at once, and tells how it goes. One
 * thread; up to five tries an image, without a limit of time (spec operations 10). Never logs, never prints. */
#ifndef CRI_PULL_H
#define CRI_PULL_H

#include "base/err.h"
#include "base/strlist.h"
#include <stdbool.h>
#include <stdint.h>

struct cri_client;
struct http_loop;

enum cri_pull_state { CRI_PULL_WAITING, CRI_PULL_RUNNING, CRI_PULL_PRESENT, CRI_PULL_DONE, CRI_PULL_FAILED };

/* How one image is doing. */
struct cri_pull_image {
    const char *image; /* borrowed from cri_pull.images */
    enum cri_pull_state state;
    int tries;           /* calls of PullImage so far */
    int64_t started_us;  /* monotonic clock; 0 while waiting */
    int64_t finished_us; /* 0 until it ended */
    char *cause;         /* failed: one sentence with the mend; owned */
    char *doubt;         /* why it was pulled although it may be present; owned, else NULL */
};

/* How the runtime is asked, so that tests can stand in. Both start a call, return a handle of it, and report its end by
 * cri_pull_answer() from the loop, never from within. `present` is asked before pulls and, for the platform, behind
 * them. */
struct cri_pull_call;
struct cri_pull_door {
    void *(*present)(void *arg, struct http_loop *l, const char *image, struct cri_pull_call *call);
    void *(*pull)(void *arg, struct http_loop *l, const char *image, struct cri_pull_call *call);
    void (*cancel)(void *handle); /* of a call that was not answered yet; no answer may come any more */
    void *arg;
};
/* yes: present, or pulled. platform: "linux/arm64", what a present image was built for (borrowed), NULL when the runtime
 * does not tell. err: why the call failed (borrowed), NULL when it did not. */
void cri_pull_answer(struct cri_pull_call *call, bool yes, const char *platform, const struct cu_err *err);

struct cri_pull {
    const struct cu_strlist *images;
    bool check_first;    /* leave images that are present alone */
    bool parallel;       /* all at once; else in list order */
    bool stop_at_failed; /* start no further image after a failure */
    /* Called after each change of state and ten times a second; may be NULL. */
    void (*report)(void *arg, const struct cri_pull_image *v, size_t n);
    void *arg;
    const struct cri_pull_door *door; /* NULL: the client */
};

/* 0 when all images are there and, as far as the runtime tells, run on this machine: one that is present for another is
 * pulled anew, one that was pulled for another has failed (nothing is removed). *out: one record per image in list order, freed with cri_pull_free(); given on failure
 * too. Fails: CU_E_SERVER when images failed (their causes are in *out; the text of err holds the first), CU_E_CANCELED
 * after cu_wait_cancel(). */
int cri_pull_images(struct cri_client *c, const struct cri_pull *p, struct cri_pull_image **out,
                    struct cu_err *err);
void cri_pull_free(struct cri_pull_image *v, size_t n);

/* What a runtime's message about a failed pull means: one sentence with the mend and the runtime's own words behind it.
 * *final (may be NULL): trying again at once cannot help. Caller frees. */
char *cri_pull_cause(const char *image, const char *message, bool *final);

#endif
