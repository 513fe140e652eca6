#include "server/named_directories.h"

#include "base/check.h"
#include "base/directories.h"
#include "server/in_time.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace openfc::server {
namespace {

/// A directory that the configuration names.
struct Named {
  std::string title;
  std::string* path;
  bool ofServer = false;  // the data directory: nobody shares it
  Route route = {};
  std::vector<Location> locations = {};
};

std::vector<Named> namedIn(Config& config) {
  std::vector<Named> all;
  all.push_back({.title = "the data directory", .path = &config.data, .ofServer = true});
  for (NasConfig& nas : config.nas)
    all.push_back({.title = fmt::format("nas '{}'", nas.serverAddr), .path = &nas.directory});
  for (BucketConfig& bucket : config.buckets) {
    if (bucket.directory.empty()) continue;
    all.push_back({.title = fmt::format("bucket '{}'", bucket.name), .path = &bucket.directory});
  }
  return all;
}

std::string textOf(const char* file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

bool holds(const Named& outer, const Location& place) {
  return std::ranges::any_of(outer.locations, [&](const Location& own) {
    return own.device == place.device && isWithin(place.path, own.path);
  });
}

bool isSame(const Named& one, const Named& other) {
  const Location& a = one.locations.front();
  const Location& b = other.locations.front();
  return a.device == b.device && a.path == b.path;
}

bool liesIn(const Named& inner, const Named& outer) {
  // Two names for one directory: neither can be moved by whoever writes in it.
  if (isSame(inner, outer)) return inner.ofServer || outer.ofServer;
  return isWithin(inner.route.target.native(), outer.route.target.native()) ||
         holds(outer, inner.locations.front());
}

void refuseLinksIn(const Named& outer, const Named& named, const std::string& mountinfo) {
  for (const std::filesystem::path& link : named.route.links) {
    const std::string directory = link.parent_path();
    const auto locations = locationsOf(mountinfo, directory);
    if (!isWithin(directory, outer.route.target.native()) &&
        (locations.empty() || !holds(outer, locations.front())))
      continue;
    throw ConfigError(fmt::format(
        "{}: {} leads over the link {}, which lies in the directory of {}: whoever writes there "
        "could lead it elsewhere; name the directory itself",
        named.title, *named.path, link.string(), outer.title));
  }
}

void refuseNested(const Named& inner, const Named& outer) {
  throw ConfigError(
      fmt::format("{}: {} lies in the directory of {} ({}), whose users could move it; name "
                  "directories that do "
                  "not contain each other, or set allowNestedDirectories",
                  inner.title, *inner.path, outer.title, *outer.path));
}

void locate(Named& named, const std::string& mountinfo) {
  try {
    named.route = inTime(*named.path, [path = *named.path] { return routeOf(path); });
  } catch (const std::exception& failure) {
    throw ConfigError(fmt::format("{}: {}", named.title, failure.what()));
  }
  named.locations = locationsOf(mountinfo, named.route.target);
  // Where /proc tells nothing, paths must do.
  if (named.locations.empty()) named.locations.push_back({"", named.route.target});
}

}  // namespace

void resolveDirectories(Config& config) {
  std::vector<Named> all = namedIn(config);
  const std::string mountinfo = textOf("/proc/self/mountinfo");
  for (Named& named : all) locate(named, mountinfo);
  for (const Named& inner : all) {
    for (const Named& outer : all) {
      if (&inner == &outer) continue;
      refuseLinksIn(outer, inner, mountinfo);
      if (!config.allowNestedDirectories && liesIn(inner, outer)) refuseNested(inner, outer);
    }
  }
  for (const Named& named : all) *named.path = named.route.target;
}

}  // namespace openfc::server
