/* codec/quantity.h - resource quantities ("500m", "2Gi", "1e9"). */
#ifndef CODEC_QUANTITY_H
#define CODEC_QUANTITY_H

/* Canonical text of a resource quantity; NULL when it is none, or is NULL. Caller frees. The rule is that of the API type
 * resource.Quantity (Kubernetes API reference, "Quantity"):
 *   - the form stays as written: decimal ("1000" -> "1k", "0.5" -> "500m"), exponent ("1e9", "2e+5" -> "200e3") or
 *     binary ("1024Mi" -> "1Gi"; below 1024 as decimal: "0.5Ki" -> "512");
 *   - the largest unit that leaves a whole number, powers of ten in steps of three;
 *   - nothing finer than a nano (of binary from 1024 up: than one), rounded up, away from zero;
 *   - no magnitude above 2^63-1: larger ones become that.
 * An exponent has up to three digits. Of more than 28 digits the rest is rounded up. */
char *codec_quantity(const char *text);

#endif
