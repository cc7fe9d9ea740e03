/* Whether a model that comes from outside, in a snapshot, can be one: everything in it that is used as an index or as a set
 * of devices is of something that there is, and lists end. What it believes may still be nonsense; it leads nowhere
 * but to decisions. */
#ifndef SKYTWIN_MODEL_CHECK_H
#define SKYTWIN_MODEL_CHECK_H

#include "model.h"

int model_can_be(const model *m);

#endif
