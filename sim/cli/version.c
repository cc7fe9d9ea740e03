#include "command.h"

#include <build_id.h>

const char *command_version(void)
{
    return "skytwin " SKYTWIN_VERSION " (build " SKYTWIN_BUILD_ID ")";
}
