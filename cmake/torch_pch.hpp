// The precompiled header of every torch translation unit: what nearly all of them need and no more, because each byte of
// it is loaded by each of them. torch/torch.h would be half as large again.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <nlohmann/json.hpp>
