# Outside libraries. Each becomes one target hpctrain_dep_<name>, so that a site can swap it with a CMake variable.
find_package(Threads REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json 3.10 REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(ZLIB REQUIRED)
find_package(PNG 1.6 REQUIRED)
find_package(JPEG REQUIRED)
find_package(Boost REQUIRED COMPONENTS program_options)
find_package(MPI REQUIRED COMPONENTS C)
find_package(HDF5 REQUIRED COMPONENTS C)

find_path(XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
find_library(XXHASH_LIBRARY xxhash REQUIRED)
# Where the library can choose at run time, XXH3 takes the widest vectors of the processor instead of SSE2.
include(CheckLibraryExists)
check_library_exists(${XXHASH_LIBRARY} XXH3_64bits_dispatch "" HPCTRAIN_XXHASH_CHOOSES)
if(HPCTRAIN_XXHASH_CHOOSES)
  set_source_files_properties(${CMAKE_SOURCE_DIR}/src/core/digest.cpp PROPERTIES COMPILE_OPTIONS "-include;xxh_x86dispatch.h")
endif()

# core: logging, JSON and digests are used by every room.
add_library(hpctrain_dep_core INTERFACE)
target_link_libraries(hpctrain_dep_core INTERFACE
  Threads::Threads spdlog::spdlog nlohmann_json::nlohmann_json OpenSSL::Crypto ${XXHASH_LIBRARY})
target_include_directories(hpctrain_dep_core SYSTEM INTERFACE ${XXHASH_INCLUDE_DIR})

add_library(hpctrain_dep_config INTERFACE)
target_link_libraries(hpctrain_dep_config INTERFACE Boost::program_options)

add_library(hpctrain_dep_comm INTERFACE)
target_link_libraries(hpctrain_dep_comm INTERFACE MPI::MPI_C)
target_compile_definitions(hpctrain_dep_comm INTERFACE OMPI_SKIP_MPICXX=1 MPICH_SKIP_MPICXX=1)

add_library(hpctrain_dep_data INTERFACE)
target_link_libraries(hpctrain_dep_data INTERFACE HDF5::HDF5 PNG::PNG JPEG::JPEG)

add_library(hpctrain_dep_pack INTERFACE)
target_link_libraries(hpctrain_dep_pack INTERFACE ZLIB::ZLIB PNG::PNG JPEG::JPEG)

# tools: letters in overlays, a header alone.
find_path(STB_INCLUDE_DIR stb/stb_easy_font.h REQUIRED)
add_library(hpctrain_dep_tools INTERFACE)
target_include_directories(hpctrain_dep_tools SYSTEM INTERFACE ${STB_INCLUDE_DIR})

include(FindLibTorch)
include(FindCudaHost)
