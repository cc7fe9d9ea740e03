/* Ctrl-C and SIGTERM: runs end cleanly at their next control interval. */
#ifndef SKYTWIN_INTERRUPT_H
#define SKYTWIN_INTERRUPT_H

/* From now on either signal asks to stop, however often it comes (`timeout` sends it twice); SIGQUIT still
 * kills. 0: could not be installed. */
int interrupt_install(void);
int interrupt_requested(void);

#endif
