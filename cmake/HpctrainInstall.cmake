# The installed tree: programs, job scripts and a modulefile. It may be moved afterwards; only LibTorch stays where the
# build found it. The component `bundle` carries the site's shared libraries as well, for machines that lack them.
#   bin/  share/hpctrain/jobs/  share/hpctrain/modulefiles/hpctrain/<version>
include(GNUInstallDirs)

set(_share ${CMAKE_INSTALL_DATADIR}/hpctrain)
install(TARGETS hpctrain hpctrain-pack RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/jobs/ DESTINATION ${_share}/jobs
  FILES_MATCHING PATTERN "*.ini" PATTERN "*.sh" PATTERN "*.example")
install(DIRECTORY ${CMAKE_SOURCE_DIR}/jobs/ DESTINATION ${_share}/jobs USE_SOURCE_PERMISSIONS
  FILES_MATCHING PATTERN "*.slurm")

configure_file(${CMAKE_SOURCE_DIR}/modules/hpctrain.in ${CMAKE_BINARY_DIR}/generated/modulefile @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/generated/modulefile
  DESTINATION ${_share}/modulefiles/hpctrain RENAME ${PROJECT_VERSION})

install(CODE "execute_process(COMMAND \"${CMAKE_SOURCE_DIR}/scripts/bundle\" \"${CMAKE_BINARY_DIR}\"
                \"\${CMAKE_INSTALL_PREFIX}\" COMMAND_ERROR_IS_FATAL ANY)" COMPONENT bundle EXCLUDE_FROM_ALL)
