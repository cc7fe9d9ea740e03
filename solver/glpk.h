/* GLPK's simplex method as the engine's solver: for programs that link libglpk beside the engine. */
#ifndef SKYTWIN_SOLVER_GLPK_H
#define SKYTWIN_SOLVER_GLPK_H

#include <skytwin/solver.h>

/* Thread-safe: GLPK keeps its state by thread, and each call makes and frees it. A thread that uses GLPK itself must
 * hold no problem of its own across a call. */
extern const sky_solver solver_glpk;

#endif
