// The board in words: the table that people watch, and one line of it. Pure text.
#pragma once

#include <string>
#include <vector>

#include "sweep/board.hpp"

namespace hpctrain::sweep {

/// How many trials have ended and how, the best, how busy the ranks are, and a line for each trial that runs.
std::vector<std::string> write_board(const BoardView& view, const std::string& metric);

/// "7 of 12 trials ended (6 done, 1 failed); 2 running, 3 queued; about 2 min 10 s left; best top1 91.20 % with
/// optim.lr=0.1; ranks busy 97.3 % of the time".
std::string write_board_summary(const BoardView& view, const std::string& metric);

}  // namespace hpctrain::sweep
