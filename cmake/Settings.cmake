# How everything is compiled. The answers must be the same bits on every machine and in every build type:
# hence no -march=native, no fast-math, no contraction of a * b + c into one rounding.

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# Assertions are kept in release builds: no -DNDEBUG.
set(CMAKE_C_FLAGS_RELEASE "-O2")
set(CMAKE_C_FLAGS_DEBUG "-O0 -g3")

add_library(skytwin_settings INTERFACE)
target_compile_definitions(skytwin_settings INTERFACE $<$<CONFIG:Debug>:SKYTWIN_CHECK_INVARIANTS=1>)
target_compile_options(skytwin_settings INTERFACE
    -Wall -Wextra -Wconversion -Wshadow=local -Wstrict-prototypes -Wno-format-truncation -ffp-contract=off -fno-common)
if(SKYTWIN_WERROR)
    target_compile_options(skytwin_settings INTERFACE -Werror)
endif()
if(SKYTWIN_SANITIZE)
    # For the whole directory, third-party finders' checks included.
    add_compile_options(-fsanitize=${SKYTWIN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${SKYTWIN_SANITIZE})
    # GCC's flow analysis is misled by the instrumentation: the plain builds look for these.
    target_compile_options(skytwin_settings INTERFACE -Wno-maybe-uninitialized -Wno-format-truncation)
endif()

find_program(SKYTWIN_CCACHE ccache)
mark_as_advanced(SKYTWIN_CCACHE)
if(SKYTWIN_CCACHE)
    set(CMAKE_C_COMPILER_LAUNCHER ${SKYTWIN_CCACHE})
endif()

# skytwin_library(NAME): a static library of all C files of the current folder, and those below it.
# EXCLUDE names a folder whose files are not part of it.
function(skytwin_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "EXCLUDE" "")
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
    if(arg_EXCLUDE)
        list(FILTER sources EXCLUDE REGEX "^${CMAKE_CURRENT_SOURCE_DIR}/${arg_EXCLUDE}/")
    endif()
    # A folder may hold no C at all (plots are gnuplot programs first): then it is only an include path.
    if(sources)
        add_library(${name} STATIC ${sources})
        target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:skytwin_settings>)
        set(scope PUBLIC)
    else()
        add_library(${name} INTERFACE)
        set(scope INTERFACE)
    endif()
    set(SKYTWIN_SCOPE ${scope} PARENT_SCOPE)
endfunction()
