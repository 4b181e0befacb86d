/* apiserver/validate_rules.h - what the validate_*.c files share; private to them. */
#ifndef APISERVER_VALIDATE_RULES_H
#define APISERVER_VALIDATE_RULES_H

#include "apiserver/validate.h"

/* Field paths are put together from a parent and a rest: "spec" + "containers" + [0]. Each keeps at most 255
 * bytes, which no path of a known type reaches. */
struct api_path {
    char text[256];
};
struct api_path api_sub(const char *parent, const char *name);                  /* parent "" gives name */
struct api_path api_index(const char *parent, const char *name, size_t i);      /* "parent.name[i]" */
struct api_path api_key(const char *parent, const char *name, const char *key); /* "parent.name[key]" */

/* The messages of metav1.Status causes (spec apiserver 3.12). `detail` may be "". */
void api_bad_value(struct api_invalid *e, const char *field, const char *value, const char *detail);
void api_bad_number(struct api_invalid *e, const char *field, int64_t value, const char *detail);
void api_missing(struct api_invalid *e, const char *field, const char *detail);
void api_forbidden(struct api_invalid *e, const char *field, const char *detail);
void api_duplicate(struct api_invalid *e, const char *field, const char *value);
void api_not_found_value(struct api_invalid *e, const char *field, const char *value);
/* Required, and one of the NULL-terminated list. */
void api_check_choice(struct api_invalid *e, const char *field, const char *value,
                      const char *const *allowed);
void api_check_label_map(struct api_invalid *e, const char *field, const struct val *map);
/* An integer that must not be below zero; absent is fine. */
void api_check_not_negative(struct api_invalid *e, const struct val *map, const char *parent,
                            const char *key);
/* Does the LabelSelector choose an object with these labels? Broken selectors choose nothing. */
bool api_selector_matches(const struct val *selector, const struct val *labels);

void api_check_pod_spec(struct api_invalid *e, const char *path, const struct val *spec); /* validate_pod.c */
void api_check_pod_update(struct api_invalid *e, const struct val *old, const struct val *obj);

/* Rules of each kind; `old` is NULL on create. */
void api_check_pod(const struct api_write *w, struct api_invalid *e, const struct val *old,
                   const struct val *obj);
void api_check_workload(const struct api_write *w, struct api_invalid *e, const struct val *old,
                        const struct val *obj);
void api_check_cronjob(const struct api_write *w, struct api_invalid *e, const struct val *old,
                       const struct val *obj);
void api_check_role(const struct api_write *w, struct api_invalid *e, const struct val *old,
                    const struct val *obj);
void api_check_role_binding(const struct api_write *w, struct api_invalid *e, const struct val *old,
                            const struct val *obj);
void api_check_csr(const struct api_write *w, struct api_invalid *e, const struct val *old,
                   const struct val *obj);
void api_check_service(const struct api_write *w, struct api_invalid *e, const struct val *old,
                       const struct val *obj);
void api_check_kind(const struct api_write *w, struct api_invalid *e, const struct val *old,
                    const struct val *obj);

#endif
