# cmake --install: the program with what it brings along, and the engine for programs that embed it. All
# paths are relative to the prefix, so that an installed tree can be moved.
include(CMakePackageConfigHelpers)

if(TARGET skytwin)
    install(TARGETS skytwin)
endif()
if(TARGET skytwin-mpi)
    install(TARGETS skytwin-mpi)
endif()
install(DIRECTORY scenarios DESTINATION ${CMAKE_INSTALL_DATADIR}/skytwin)
install(DIRECTORY plots DESTINATION ${CMAKE_INSTALL_DATADIR}/skytwin FILES_MATCHING PATTERN "*.gp")
install(FILES man/skytwin.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES completions/skytwin.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
    RENAME skytwin)
install(FILES README.md CHANGELOG.md LICENSE examples/embed.c examples/sweep.sbatch DESTINATION ${CMAKE_INSTALL_DOCDIR})

install(TARGETS skytwin_engine EXPORT SkytwinEngineTargets)
install(DIRECTORY engine/skytwin DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
set(SKYTWIN_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/SkytwinEngine)
install(EXPORT SkytwinEngineTargets NAMESPACE Skytwin:: DESTINATION ${SKYTWIN_PACKAGE_DIR})
configure_package_config_file(cmake/SkytwinEngineConfig.cmake.in
    ${SKYTWIN_GENERATED_DIR}/SkytwinEngineConfig.cmake INSTALL_DESTINATION ${SKYTWIN_PACKAGE_DIR})
write_basic_package_version_file(${SKYTWIN_GENERATED_DIR}/SkytwinEngineConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${SKYTWIN_GENERATED_DIR}/SkytwinEngineConfig.cmake
    ${SKYTWIN_GENERATED_DIR}/SkytwinEngineConfigVersion.cmake DESTINATION ${SKYTWIN_PACKAGE_DIR})

file(RELATIVE_PATH SKYTWIN_PC_TO_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" SKYTWIN_PC_TO_PREFIX ${SKYTWIN_PC_TO_PREFIX})
configure_file(cmake/skytwin-engine.pc.in ${SKYTWIN_GENERATED_DIR}/skytwin-engine.pc @ONLY)
install(FILES ${SKYTWIN_GENERATED_DIR}/skytwin-engine.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
