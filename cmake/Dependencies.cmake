# Third-party libraries, all from Debian 12, as imported targets (so that their headers are system headers).

find_package(PkgConfig REQUIRED)
pkg_check_modules(GSL REQUIRED IMPORTED_TARGET gsl)
pkg_check_modules(LIBCONFIG REQUIRED IMPORTED_TARGET libconfig)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(HDF5 REQUIRED IMPORTED_TARGET hdf5)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
# Optional: sweeps over the ranks of an MPI job, as a program of its own.
find_package(MPI COMPONENTS C)
find_package(OpenMP REQUIRED COMPONENTS C)
find_package(Threads REQUIRED)
add_library(skytwin_openmp INTERFACE)
target_link_libraries(skytwin_openmp INTERFACE OpenMP::OpenMP_C)
if(SKYTWIN_SANITIZE MATCHES "thread")
    add_library(skytwin_tsan_openmp STATIC cmake/tsan_openmp.c)
    target_link_libraries(skytwin_openmp INTERFACE skytwin_tsan_openmp -Wl,--wrap=GOMP_parallel)
endif()
if(SKYTWIN_TESTS)
    pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
endif()
# GLPK has no pkg-config file.
find_library(GLPK_LIBRARY glpk REQUIRED)
find_path(GLPK_INCLUDE_DIR glpk.h REQUIRED)
mark_as_advanced(GLPK_LIBRARY GLPK_INCLUDE_DIR)
add_library(GLPK::GLPK UNKNOWN IMPORTED)
set_target_properties(GLPK::GLPK PROPERTIES
    IMPORTED_LOCATION ${GLPK_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${GLPK_INCLUDE_DIR})
