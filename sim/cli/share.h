/* What skytwin brings along besides its binary: the catalog, the gnuplot programs. */
#ifndef SKYTWIN_SHARE_H
#define SKYTWIN_SHARE_H

#include <skytwin/engine.h>

#define SHARE_PATH 4096

/* The path of a file such as "plots/cost.gp", beside the binary: in share/skytwin/ where it is installed, in
 * the source tree where it was built there. SKY_ERROR_IO: there is none. */
sky_status share_find(const char *file, char path[SHARE_PATH], sky_error *error);

#endif
