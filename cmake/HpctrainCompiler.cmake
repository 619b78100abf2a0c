# Compiler settings shared by every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# Rooms and programs must compile with the same flags, or programs cannot use the rooms' precompiled header: so no
# position-independent code for libraries that are only ever linked into programs.
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(THREADS_PREFER_PTHREAD_FLAG ON)
# Programs find the site's libraries where the build found them, installed or not. Nothing is rewritten at installation:
# CMake's rewriting does not recognise what mold writes.
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)
set(CMAKE_BUILD_WITH_INSTALL_RPATH ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release or RelWithDebInfo" FORCE)
endif()

# A cluster's compute nodes may be older than its login node, so no -march=native.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG -g1")

find_program(HPCTRAIN_CCACHE ccache)
if(HPCTRAIN_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Precompiled headers need these four: the header's own time stamp is not part of the meaning.
  # All clones of a user share the cache: paths below the clone count relative to it.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      ${HPCTRAIN_CCACHE} CACHE STRING "" FORCE)
endif()

find_program(HPCTRAIN_MOLD NAMES mold)
if(HPCTRAIN_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_library(hpctrain_compiler INTERFACE)
target_compile_options(hpctrain_compiler INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  $<$<BOOL:${HPCTRAIN_WARNINGS_AS_ERRORS}>:-Werror>
  $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
target_include_directories(hpctrain_compiler INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)

if(HPCTRAIN_SANITIZE)
  target_compile_options(hpctrain_compiler INTERFACE -fsanitize=${HPCTRAIN_SANITIZE} -fno-omit-frame-pointer -g1)
  target_link_options(hpctrain_compiler INTERFACE -fsanitize=${HPCTRAIN_SANITIZE})
endif()

configure_file(${CMAKE_SOURCE_DIR}/cmake/version.hpp.in ${CMAKE_BINARY_DIR}/generated/core/version.hpp)
