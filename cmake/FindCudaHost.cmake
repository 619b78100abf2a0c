# The CUDA runtime and NCCL for host code only (no nvcc): from a toolkit where there is one, else from the folders that
# LibTorch's wheel brings. Decides HPCTRAIN_WITH_CUDA, which picks one of each pair of twin files (…_absent.cpp).
set(HPCTRAIN_WITH_CUDA FALSE)
if(NOT HPCTRAIN_CUDA STREQUAL "OFF" AND LIBTORCH_HAS_CUDA)
  get_filename_component(_site_packages ${LIBTORCH_ROOT} DIRECTORY)
  set(_cuda_roots ${CUDAToolkit_ROOT} $ENV{CUDA_HOME} $ENV{CUDA_PATH} /usr/local/cuda)
  find_path(HPCTRAIN_CUDA_INCLUDE cuda_runtime.h
    HINTS ${_cuda_roots} PATH_SUFFIXES include
    PATHS ${_site_packages}/nvidia/cu13/include)
  find_library(HPCTRAIN_CUDART NAMES cudart libcudart.so.13 libcudart.so.12
    HINTS ${_site_packages}/nvidia/cu13/lib ${_cuda_roots} PATH_SUFFIXES lib64 lib)
  find_path(HPCTRAIN_NCCL_INCLUDE nccl.h HINTS ${NCCL_ROOT} ${_site_packages}/nvidia/nccl PATH_SUFFIXES include)
  find_library(HPCTRAIN_NCCL NAMES nccl libnccl.so.2
    HINTS ${NCCL_ROOT} ${_site_packages}/nvidia/nccl PATH_SUFFIXES lib lib64)
  if(HPCTRAIN_CUDA_INCLUDE AND HPCTRAIN_CUDART AND HPCTRAIN_NCCL_INCLUDE AND HPCTRAIN_NCCL)
    set(HPCTRAIN_WITH_CUDA TRUE)
  endif()
endif()
if(HPCTRAIN_CUDA STREQUAL "ON" AND NOT HPCTRAIN_WITH_CUDA)
  message(FATAL_ERROR "HPCTRAIN_CUDA=ON, but not all of these were found: LibTorch with CUDA (${LIBTORCH_HAS_CUDA}), "
    "cuda_runtime.h (${HPCTRAIN_CUDA_INCLUDE}), libcudart (${HPCTRAIN_CUDART}), nccl.h (${HPCTRAIN_NCCL_INCLUDE}), "
    "libnccl (${HPCTRAIN_NCCL}). Set CUDAToolkit_ROOT and NCCL_ROOT.")
endif()
message(STATUS "GPU backend: ${HPCTRAIN_WITH_CUDA}")

add_library(hpctrain_dep_cuda INTERFACE)
if(HPCTRAIN_WITH_CUDA)
  target_include_directories(hpctrain_dep_cuda SYSTEM INTERFACE ${HPCTRAIN_CUDA_INCLUDE} ${HPCTRAIN_NCCL_INCLUDE})
  target_link_libraries(hpctrain_dep_cuda INTERFACE ${HPCTRAIN_CUDART} ${HPCTRAIN_NCCL})
endif()
