// In which form pictures are stored. A plain value, shared by the command line and the sources.
#pragma once

namespace hpctrain::pack {

enum class StoreForm {
  raw,      ///< pixels of one size
  encoded,  ///< the JPEG or PNG files as they are
  jpeg,     ///< compressed anew
};

struct StoreChoice {
  StoreForm form = StoreForm::raw;
  int quality = 0;  ///< of StoreForm::jpeg, 1 to 100

  bool operator==(const StoreChoice&) const = default;
};

}  // namespace hpctrain::pack
