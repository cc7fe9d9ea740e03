# cmake --build build --target docs: runs the quickstart and the oracle tests and puts their tables into
# the README.
if(TARGET skytwin)
    # All of one build first: records name the build that wrote them.
    add_custom_target(docs
        COMMAND ${CMAKE_COMMAND} --build ${CMAKE_BINARY_DIR}
        COMMAND ${CMAKE_SOURCE_DIR}/scripts/update-readme ${CMAKE_BINARY_DIR}
        WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} USES_TERMINAL VERBATIM)
endif()
