/* Inside of storage: which object's rule comes next. */
#ifndef SKYTWIN_STORAGE_LIFECYCLE_H
#define SKYTWIN_STORAGE_LIFECYCLE_H

#include "storage.h"

/* SKY_ERROR_INPUT. */
sky_status storage_check_rules(const storage_dataset *dataset, size_t tier_count);
/* The rule that an object waits for; NULL. */
const storage_rule *storage_rule_of(const storage *s, uint32_t slot);
/* The object was touched, or has come to its tier. */
void storage_schedule(storage *s, uint32_t slot);
/* It is gone. */
void storage_unschedule(storage *s, uint32_t slot);

#endif
