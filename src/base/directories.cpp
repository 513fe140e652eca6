#include "base/directories.h"

#include "base/check.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <optional>
#include <sstream>

namespace openfc {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t mostLinks = 40;  // as the kernel's own limit

/// What a mount of /proc/self/mountinfo says about where it is.
struct Mount {
  Location source;
  std::string place;
};

/// "\040" stands for a space there.
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 3 >= text.size()) {
      plain += text[i];
      continue;
    }
    plain +=
        static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
    i += 3;
  }
  return plain;
}

std::optional<Mount> mountOf(std::string_view line) {
  std::istringstream words{std::string(line)};
  std::string id, parent, device, root, place;
  if (!(words >> id >> parent >> device >> root >> place)) return std::nullopt;
  return Mount{{device, unescaped(root)}, unescaped(place)};
}

std::string joined(std::string_view directory, std::string_view rest) {
  if (rest.empty() || rest == "/") return std::string(directory);
  std::string path(directory == "/" ? "" : directory);
  if (!rest.starts_with('/')) path += '/';
  return path.append(rest);
}

std::deque<fs::path> partsOf(const fs::path& path) { return {path.begin(), path.end()}; }

}  // namespace

Fd openWithoutLinks(const fs::path& path, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_DIRECTORY | O_CLOEXEC);
  how.resolve = RESOLVE_NO_SYMLINKS;
  return Fd(static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how)));
}

Route routeOf(const fs::path& path) {
  Route route{.target = "/", .links = {}};
  std::deque<fs::path> parts = partsOf(fs::absolute(path));
  while (!parts.empty()) {
    const fs::path part = parts.front();
    parts.pop_front();
    if (part == "/") route.target = "/";
    if (part == "/" || part == "." || part.empty()) continue;
    if (part == "..") {
      route.target = route.target.parent_path();
      continue;
    }
    const fs::path next = route.target / part;
    std::error_code isNoLink;
    const fs::path led = fs::read_symlink(next, isNoLink);
    if (isNoLink) {
      route.target = next;
      continue;
    }
    route.links.push_back(next);
    if (route.links.size() > mostLinks) throw SystemError(ELOOP, "resolve " + path.string());
    const std::deque<fs::path> more = partsOf(led);
    parts.insert(parts.begin(), more.begin(), more.end());
  }
  return route;
}

bool isWithin(std::string_view path, std::string_view directory) {
  if (directory == "/") return true;
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

std::vector<Location> locationsOf(std::string_view mountinfo, const std::string& path) {
  std::optional<Mount> own;
  std::vector<Location> below;
  while (!mountinfo.empty()) {
    const std::string_view line = mountinfo.substr(0, mountinfo.find('\n'));
    mountinfo.remove_prefix(std::min(mountinfo.size(), line.size() + 1));
    const auto mount = mountOf(line);
    if (!mount) continue;
    // Of several at one place the last one is seen.
    if (isWithin(path, mount->place)) {
      if (!own || mount->place.size() >= own->place.size()) own = mount;
    } else if (isWithin(mount->place, path)) {
      below.push_back(mount->source);
    }
  }
  if (own) {
    const std::string_view rest = own->place == "/"
                                      ? std::string_view(path)
                                      : std::string_view(path).substr(own->place.size());
    below.insert(below.begin(), {own->source.device, joined(own->source.path, rest)});
  }
  return below;
}

}  // namespace openfc
