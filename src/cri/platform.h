/* cri/platform.h - for which machines an image was built; not for other folders. */
#ifndef CRI_PLATFORM_H
#define CRI_PLATFORM_H

#include <stdbool.h>

/* "linux/arm64" out of what a runtime tells of an image when asked verbosely (JSON with member imageSpec, an image
 * configuration of OCI; containerd and CRI-O do so). NULL when it does not tell. Caller frees. */
char *cri_platform_read(const char *info);

/* Can a machine (as of uname(2): "x86_64") not run it? False as well when one of the two is NULL or not known here. */
bool cri_platform_is_foreign(const char *platform, const char *machine);

/* One sentence with the mend, for an image that is foreign. Caller frees. */
char *cri_platform_cause(const char *platform, const char *machine);

#endif
