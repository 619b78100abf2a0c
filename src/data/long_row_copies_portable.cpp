// Words that every processor has.
#include "data/long_row_copy.hpp"

namespace hpctrain::data {
namespace {

using Word16 [[gnu::vector_size(16)]] = unsigned char;

void copy_by_16(void* copying) {
  copy_long_rows<Word16>(copying);
}

}  // namespace

std::vector<RowCopyFunction> long_row_copies() {
  return {copy_by_16};
}

}  // namespace hpctrain::data
