/* apiserver/reviews.h - objects that are answered but never stored: TokenReview, SelfSubjectReview, the
 * three access reviews and SelfSubjectRulesReview (spec apiserver 4.1). */
#ifndef APISERVER_REVIEWS_H
#define APISERVER_REVIEWS_H

#include "apiserver/request.h"
#include <stdint.h>

struct api_auth;
struct api_authz;

/* Is this resource one of the reviews? */
bool api_review_is(const struct api_resource *r);
/* One question. */
struct api_review {
    const struct api_resource *r;
    const struct api_attributes *a; /* of the request that asks */
    const struct val *body;
    int64_t now_ms;
};
/* Answers it; *out (201, owned by the caller) is the body with its status filled in. */
int api_review_create(struct api_auth *auth, struct api_authz *z, const struct api_review *q,
                      struct val **out, struct api_status *s);

#endif
