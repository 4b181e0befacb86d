/* store/store.c - hands each call to the engine's table of functions.
 * Must not know any engine. */
#include "store/store.h"

int store_list(struct store *s, const char *prefix, store_visit_fn fn, void *arg, int64_t *rev,
               struct cu_err *err)
{
    return s->ops->list(s, prefix, fn, arg, rev, err);
}

int store_create(struct store *s, const struct store_item *item, int64_t *rev, struct cu_err *err)
{
    return s->ops->create(s, item, rev, err);
}

int store_create_all(struct store *s, const struct store_item *items, size_t n, int64_t *rev,
                     struct cu_err *err)
{
    return s->ops->create_all(s, items, n, rev, err);
}

int store_update(struct store *s, const struct store_item *item, int64_t expected, int64_t *rev,
                 struct cu_err *err)
{
    return s->ops->update(s, item, expected, rev, err);
}

int store_remove(struct store *s, const char *key, int64_t expected, int64_t *rev, struct cu_err *err)
{
    return s->ops->remove(s, key, expected, rev, err);
}

int store_history(struct store *s, const char *prefix, int64_t after, store_change_fn fn, void *arg,
                  struct cu_err *err)
{
    return s->ops->history(s, prefix, after, fn, arg, err);
}

int store_feed(struct store *s, int64_t after, store_change_fn fn, void *arg, struct cu_err *err)
{
    return s->ops->feed(s, after, fn, arg, err);
}

int store_pump(struct store *s, int64_t until, struct cu_err *err)
{
    return s->ops->pump(s, until, err);
}

int store_fd(struct store *s)
{
    return s->ops->fd(s);
}

int store_ask(struct store *s, struct cu_err *err)
{
    return s->ops->ask(s, err);
}

bool store_answered(struct store *s, int64_t *rev, struct cu_err *why)
{
    return s->ops->answered(s, rev, why);
}

int store_compact(struct store *s, int64_t keep_ms, struct cu_err *err)
{
    return s->ops->compact(s, keep_ms, err);
}

int store_lend(struct store *s, const struct store_item *item, int64_t ttl_s, struct cu_err *err)
{
    return s->ops->lend(s, item, ttl_s, err);
}

int store_ping(struct store *s, struct cu_err *err)
{
    return s->ops->ping(s, err);
}

void store_close(struct store *s)
{
    if (s)
        s->ops->close(s);
}
