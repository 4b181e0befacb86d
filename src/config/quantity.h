/* config/quantity.h - resource quantities. */
#ifndef CONFIG_QUANTITY_H
#define CONFIG_QUANTITY_H

/* Canonical text of a resource quantity ("1024Mi" -> "1Gi"); NULL when it is none. Caller frees. */
char *cfg_canonical_quantity(const char *text);

#endif
