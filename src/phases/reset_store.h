/* phases/reset_store.h - where a control plane keeps its data on this machine. */
#ifndef PHASES_RESET_STORE_H
#define PHASES_RESET_STORE_H

/* State of the embedded control plane: its store and the journal of runs. */
#define PH_EMBEDDED_DIR "/var/lib/cubeadm"

#endif
