#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace openfc::server {

struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
};

/// The user that the server shall run as: a name, a number, or when there is no such user a fixed
/// number that no package hands out.
Identity identityOf(const std::string& user);

/// Raises this process's limit of open descriptors as far as it may, and returns it. The kernel's
/// table has room for that many, or for 65,536, from then on: to be called before there are
/// threads. Throws SystemError.
std::size_t raiseDescriptorLimit();

/// The first directory on the way to `directory` (which need not exist yet) that this user may not
/// enter; nothing = it can be reached. Needs root.
std::optional<std::filesystem::path> closedTo(Identity identity,
                                              const std::filesystem::path& directory);

/// While it lives, the thread reaches and makes files as that user would. Needs root.
class SeenAs {
public:
  explicit SeenAs(Identity identity);
  ~SeenAs();
  SeenAs(const SeenAs&) = delete;
  SeenAs& operator=(const SeenAs&) = delete;

private:
  std::vector<gid_t> groups_;
};

/// Of these three, the directory's path leads over no link. They throw SystemError.
Identity ownerOf(const std::filesystem::path& directory);
/// Makes the directory, if it is not there, for the identity alone (as root).
void makeFor(const std::filesystem::path& directory, Identity identity);
/// Gives the directory and all in it that belongs to its owner to the identity (as root, before
/// dropping).
void giveTo(const std::filesystem::path& directory, Identity identity);

/// Becomes that user for good: no supplementary groups, no capabilities, no way back. Throws
/// SystemError.
void dropTo(Identity identity);

}  // namespace openfc::server
