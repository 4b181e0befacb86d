/* apiserver/scalar.h - the text forms of scalars that are more than text: times. */
#ifndef APISERVER_SCALAR_H
#define APISERVER_SCALAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define API_TIME_MAX 40 /* bytes, terminator included */

/* metav1.Time: "2026-11-23T05:55:36Z"; seconds since 1970. false outside the years 1 to 9999. */
bool api_time_text(int64_t seconds, char out[API_TIME_MAX]);
/* metav1.MicroTime: always six digits behind the point; micros 0..999999. */
bool api_microtime_text(int64_t seconds, uint32_t micros, char out[API_TIME_MAX]);
/* Any RFC 3339 text into the form above. false when it is not a time. */
bool api_time_normalize(const char *text, bool micro, char out[API_TIME_MAX]);
/* Seconds since 1970 of a Time or MicroTime; fallback when text is NULL or no time. */
int64_t api_time_seconds(const char *text, int64_t fallback);

/* False for bytes that are no UTF-8 or hold a NUL. */
bool api_is_text(const uint8_t *p, size_t n);

#endif
