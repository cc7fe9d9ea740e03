/* Ctrl-C and SIGTERM: runs end cleanly at their next control interval. */
#ifndef SKYTWIN_INTERRUPT_H
#define SKYTWIN_INTERRUPT_H

/* The first signal asks to stop; a second one kills, as it always would. 0: could not be installed. */
int interrupt_install(void);
int interrupt_requested(void);

#endif
