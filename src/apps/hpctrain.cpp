// The program hpctrain: hands its arguments to the commands and their exit code to the shell.
#include "apps/commands.hpp"

int main(int argc, char** argv) {
  return hpctrain::apps::run_command_line(hpctrain::apps::Arguments(argv + 1, argv + argc));
}
