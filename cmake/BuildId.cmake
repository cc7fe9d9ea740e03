# SKYTWIN_BUILD_ID: which source a binary was built from, as git describes it, or "unknown". Asked at each
# build, but the header is rewritten only when the answer changes, so that nothing is rebuilt for nothing.

set(SKYTWIN_GENERATED_DIR ${CMAKE_BINARY_DIR}/generated)
set(SKYTWIN_BUILD_ID_COMMAND ${CMAKE_COMMAND}
    -DSOURCE=${CMAKE_SOURCE_DIR} -DVERSION=${PROJECT_VERSION}
    -DHEADER=${SKYTWIN_GENERATED_DIR}/build_id.h -P ${CMAKE_SOURCE_DIR}/cmake/WriteBuildId.cmake)
add_custom_target(skytwin_build_id
    COMMAND ${SKYTWIN_BUILD_ID_COMMAND}
    BYPRODUCTS ${SKYTWIN_GENERATED_DIR}/build_id.h
    COMMENT "" VERBATIM)
