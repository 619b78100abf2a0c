// Words of SSE2, which every x86-64 processor has, of AVX2 and of AVX-512.
#include "data/long_row_copy.hpp"

namespace hpctrain::data {
namespace {

using Word16 [[gnu::vector_size(16)]] = unsigned char;
using Word32 [[gnu::vector_size(32)]] = unsigned char;
using Word64 [[gnu::vector_size(64)]] = unsigned char;

// prfchw: lines of the slot are asked for to be written. A processor that does not know how passes over it.
[[gnu::target("prfchw")]] void copy_by_16(void* copying) {
  copy_long_rows<Word16>(copying);
}
[[gnu::target("avx2,prfchw")]] void copy_by_32(void* copying) {
  copy_long_rows<Word32>(copying);
}
[[gnu::target("avx512f,prfchw")]] void copy_by_64(void* copying) {
  copy_long_rows<Word64>(copying);
}

}  // namespace

std::vector<RowCopyFunction> long_row_copies() {
  std::vector<RowCopyFunction> copies;
  if (__builtin_cpu_supports("avx512f") != 0) copies.push_back(copy_by_64);
  if (__builtin_cpu_supports("avx2") != 0) copies.push_back(copy_by_32);
  copies.push_back(copy_by_16);
  return copies;
}

}  // namespace hpctrain::data
