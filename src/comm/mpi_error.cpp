// MPI's own text goes into the message, flattened to one line.
#include "comm/mpi_error.hpp"

#include <mpi.h>

#include <algorithm>
#include <array>
#include <string>

namespace hpctrain::comm {

void mpi_ok(int code, std::string_view what, Fault fault) {
  if (code == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  if (MPI_Error_string(code, text.data(), &length) != MPI_SUCCESS) length = 0;
  std::string reason(text.data(), static_cast<std::size_t>(length));
  std::replace(reason.begin(), reason.end(), '\n', ' ');
  const std::string_view cure =
      fault == Fault::comm ? "; check that launcher and program use the same MPI"
                           : "; a peer or the network is gone, the same command continues from the last checkpoint";
  throw Error(fault, std::string(what) + ": MPI error " + std::to_string(code) + ": " + reason + std::string(cure));
}

}  // namespace hpctrain::comm
