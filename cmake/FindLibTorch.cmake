# LibTorch without find_package(Torch): the CUDA build's own package file demands nvcc and probes GPUs, which a login
# node has neither of, and only host code is compiled here. Makes the target `hpctrain_libtorch`.
set(_torch_candidates)
if(HPCTRAIN_LIBTORCH)
  list(APPEND _torch_candidates ${HPCTRAIN_LIBTORCH})
else()
  if(DEFINED ENV{HPCTRAIN_LIBTORCH})
    list(APPEND _torch_candidates $ENV{HPCTRAIN_LIBTORCH})
  endif()
  file(GLOB _torch_venv ${CMAKE_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch)
  list(APPEND _torch_candidates ${_torch_venv})
endif()

set(LIBTORCH_ROOT)
foreach(_candidate IN LISTS _torch_candidates)
  if(NOT LIBTORCH_ROOT AND EXISTS ${_candidate}/include/torch/csrc/api/include/torch/torch.h)
    get_filename_component(LIBTORCH_ROOT ${_candidate} REALPATH)
  endif()
endforeach()
if(NOT LIBTORCH_ROOT)
  message(FATAL_ERROR
    "LibTorch not found (looked in: ${_torch_candidates}). Run ./scripts/setup once on this machine, "
    "or pass -D HPCTRAIN_LIBTORCH=<folder with include/ and lib/>.")
endif()
message(STATUS "LibTorch: ${LIBTORCH_ROOT}")
set(HPCTRAIN_LIBTORCH_FOUND ${LIBTORCH_ROOT} CACHE INTERNAL "For scripts/bundle")

add_library(hpctrain_libtorch INTERFACE)
target_include_directories(hpctrain_libtorch SYSTEM INTERFACE
  ${LIBTORCH_ROOT}/include ${LIBTORCH_ROOT}/include/torch/csrc/api/include)
# LibTorch ships headers of another fmt than the system's, without its library; they come first wherever torch is used.
target_compile_definitions(hpctrain_libtorch INTERFACE FMT_HEADER_ONLY=1)
target_link_directories(hpctrain_libtorch INTERFACE ${LIBTORCH_ROOT}/lib)

# torch_cuda registers the GPU backend from its static constructors, nothing references it by symbol: programs load it
# where there is a GPU (src/device/gpu_backend.hpp). libtorch.so would drag it in.
# libstdc++ comes first: LibTorch exports its own copy of std::filesystem from an older compiler, and a program that finds
# that copy crashes in remove_all.
set(_torch_libraries stdc++ torch_cpu c10)
if(EXISTS ${LIBTORCH_ROOT}/lib/libtorch_cuda.so)
  set(LIBTORCH_HAS_CUDA TRUE)
else()
  set(LIBTORCH_HAS_CUDA FALSE)
endif()
list(TRANSFORM _torch_libraries PREPEND -l)
list(JOIN _torch_libraries "," _torch_joined)
target_link_libraries(hpctrain_libtorch INTERFACE
  "-Wl,--push-state,--no-as-needed,${_torch_joined},--pop-state")

# Libraries that the wheel keeps in sibling folders and that its own RPATH finds at run time.
get_filename_component(_site_packages ${LIBTORCH_ROOT} DIRECTORY)
file(GLOB _wheel_library_folders ${_site_packages}/nvidia/*/lib)
foreach(_folder IN LISTS _wheel_library_folders)
  target_link_options(hpctrain_libtorch INTERFACE -Wl,-rpath-link,${_folder})
endforeach()
set(LIBTORCH_WHEEL_LIBRARY_FOLDERS ${_wheel_library_folders})
target_link_options(hpctrain_libtorch INTERFACE -Wl,-rpath,${LIBTORCH_ROOT}/lib)
