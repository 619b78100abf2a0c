// The precompiled header of every torch translation unit.
#pragma once

#include <torch/torch.h>

#include <nlohmann/json.hpp>
