# cmake --build build --target docs: runs the quickstart and the oracle tests and puts their tables into
# the README.
if(TARGET skytwin)
    add_custom_target(docs
        COMMAND ${CMAKE_SOURCE_DIR}/scripts/update-readme ${CMAKE_BINARY_DIR}
        WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} USES_TERMINAL VERBATIM)
endif()
