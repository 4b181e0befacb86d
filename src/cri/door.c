/* ImageStatus and PullImage as calls on a loop, so that several are under way at once. Must not know when or how often
 * they are made. */
#include "cri/door.h"
#include "base/str.h"
#include "cri/platform.h"
#include "cri/private.h"

/* One call; frees itself at its end. */
struct ask {
    struct cri_pull_call *call;
    struct grpc_stream *stream;
    bool pulls, yes;
    char *platform;    /* of a present image; NULL: not told */
    struct cu_err bad; /* an answer that makes no sense */
};

static void free_ask(struct ask *a)
{
    cu_err_clear(&a->bad);
    free(a->platform);
    free(a);
}

/* Upstream takes an image without id or size as absent, and says so. */
static bool is_present(const Runtime__V1__Image *image, struct cu_err *err)
{
    if (!image)
        return false;
    if (!cu_is_empty(image->id) && image->size > 0)
        return true;
    cu_fail(err, CU_E_INVALID, "the runtime tells of it without an id or a size");
    return false;
}

static void on_message(void *arg, const struct ProtobufCMessage *m)
{
    struct ask *a = arg;
    if (a->pulls) {
        a->yes = !cu_is_empty(((const Runtime__V1__PullImageResponse *)(const void *)m)->image_ref);
        return;
    }
    const Runtime__V1__ImageStatusResponse *status = (const void *)m;
    a->yes = is_present(status->image, &a->bad);
    for (size_t i = 0; !a->platform && i < status->n_info; i++)
        if (cu_streq(status->info[i]->key, "info"))
            a->platform = cri_platform_read(cu_or(status->info[i]->value, ""));
}

static void on_end(void *arg, const struct grpc_result *result, const struct cu_err *err)
{
    struct ask *a = arg;
    cu_autoerr struct cu_err plain = CU_ERR_INIT;
    const struct cu_err *why = err->code ? err : a->bad.code ? &a->bad : NULL;
    if (err->code && result->answered && !cu_is_empty(result->message)) {
        cu_fail(&plain, err->code, "%s", result->message);
        why = &plain;
    }
    cri_pull_answer(a->call, !why && a->yes, a->platform, why);
    free_ask(a);
}

static void *start(struct cri_client *c, struct http_loop *l, const struct grpc_request *req,
                   const ProtobufCMessageDescriptor *type, struct ask what)
{
    static const struct grpc_stream_events events = { .message = on_message, .end = on_end };
    struct ask *a = cu_memdup(&what, sizeof(what));
    a->stream = grpc_stream_start(l, c->channel, req, type, &events, a);
    return a;
}

static void *present(void *arg, struct http_loop *l, const char *image, struct cri_pull_call *call)
{
    cu_autofree char *name = cu_strdup(image);
    Runtime__V1__ImageSpec spec;
    Runtime__V1__ImageStatusRequest m;
    runtime__v1__image_spec__init(&spec);
    runtime__v1__image_status_request__init(&m);
    spec.image = name;
    m.image = &spec;
    m.verbose = true;
    const struct grpc_request req = { .method = CRI_IMAGE "ImageStatus",
                                      .message = &m.base,
                                      .timeout_ms = CRI_CALL_MS };
    return start(arg, l, &req, &runtime__v1__image_status_response__descriptor, (struct ask){ .call = call });
}

static void *pull(void *arg, struct http_loop *l, const char *image, struct cri_pull_call *call)
{
    cu_autofree char *name = cu_strdup(image);
    Runtime__V1__ImageSpec spec;
    Runtime__V1__PullImageRequest m;
    runtime__v1__image_spec__init(&spec);
    runtime__v1__pull_image_request__init(&m);
    spec.image = name;
    m.image = &spec;
    const struct grpc_request req = { .method = CRI_IMAGE "PullImage", .message = &m.base, .timeout_ms = -1 };
    return start(arg, l, &req, &runtime__v1__pull_image_response__descriptor,
                 (struct ask){ .call = call, .pulls = true });
}

static void cancel(void *handle)
{
    struct ask *a = handle;
    grpc_stream_cancel(a->stream);
    free_ask(a);
}

struct cri_pull_door cri_door_of(struct cri_client *c)
{
    return (struct cri_pull_door){ .present = present, .pull = pull, .cancel = cancel, .arg = c };
}
