/* cri/door.h - pulls as calls of a real runtime; not for other folders. */
#ifndef CRI_DOOR_H
#define CRI_DOOR_H

#include "cri/pull.h"

/* Borrows the client. */
struct cri_pull_door cri_door_of(struct cri_client *c);

#endif
