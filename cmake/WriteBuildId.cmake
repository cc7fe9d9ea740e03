# cmake -DSOURCE=DIR -DVERSION=V -DHEADER=FILE -P WriteBuildId.cmake
set(id "unknown")
find_program(git git)
if(git AND EXISTS ${SOURCE}/.git)
    # safe.directory: a checkout of another owner (a container's mount) is still only read here.
    execute_process(COMMAND ${git} -c safe.directory=* describe --always --dirty --abbrev=12
        WORKING_DIRECTORY ${SOURCE} OUTPUT_VARIABLE described RESULT_VARIABLE failed
        OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(NOT failed AND described)
        set(id ${described})
    endif()
endif()
file(CONFIGURE OUTPUT ${HEADER} CONTENT [[
#ifndef SKYTWIN_BUILD_ID_H
#define SKYTWIN_BUILD_ID_H
#define SKYTWIN_VERSION "@VERSION@"
#define SKYTWIN_BUILD_ID "@id@"
#endif
]] @ONLY)
