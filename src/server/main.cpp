#include "cli/cli.h"
#include "server/serve.h"

int main(int argc, char** argv) {
  return openfc::cli::runCli(argc, argv, {.run = openfc::server::serve});
}
