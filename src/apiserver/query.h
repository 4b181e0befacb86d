/* apiserver/query.h - the options of list, watch and deletecollection: selectors, versions, paging (spec apiserver
 * 3.3, 3.4, 3.7). */
#ifndef APISERVER_QUERY_H
#define APISERVER_QUERY_H

#include "apiserver/call.h"
#include "codec/selector.h"

struct api_list_options {
    const char *ns;              /* "" = all; borrowed from the call */
    const char *name;            /* exact metadata.name or NULL; borrowed from `fields` */
    struct codec_labels *labels; /* owned */
    struct codec_fields *fields;
    int64_t rev;            /* resourceVersion; -1 = not given */
    bool initial_events;    /* sendInitialEvents=true */
    bool no_initial_events; /* sendInitialEvents=false */
    bool bookmarks;         /* allowWatchBookmarks */
    int64_t timeout_s;      /* timeoutSeconds; 0 = not given */
    int64_t limit;          /* 0 = none */
    char *start;            /* key to begin behind, from `continue`; NULL = from the start */
    int64_t start_rev;      /* revision the first page was made at */
};

/* Reads the query of c; watch: rules of watches. 400 on bad selectors, fields this resource cannot be selected by, bad
 * numbers; 422 on forbidden combinations. Free with api_list_options_clear() also after a failure. */
int api_list_options(const struct api_call *c, bool watch, struct api_list_options *o, struct api_status *st);
void api_list_options_clear(struct api_list_options *o);
/* Does the stored object belong to the answer? r: the resource asked for. */
bool api_selects(const struct api_list_options *o, const struct api_resource *r,
                 const struct api_object *obj);
/* The continue token behind `key`; caller frees. */
char *api_continue_token(const char *key, int64_t rev);

#endif
