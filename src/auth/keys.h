#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace openfc::auth {

struct AccessKey {
  std::string id;
  std::string secret;
  std::string accountId;  // decimal; the account whose resources the key opens
  bool enabled = true;
};

/// The fixed key that every fresh installation accepts while all of its listeners are on loopback.
AccessKey developmentKey();

/// The access keys of the configuration, by id. A value; do not change it while others read it.
class Keys {
public:
  Keys() = default;
  /// Throws std::runtime_error for an empty or repeated id, a colon or blank in it, an empty
  /// secret, or an account that is not a decimal number.
  explicit Keys(const std::vector<AccessKey>& keys);

  /// Null: there is no such key, or it is disabled.
  const AccessKey* find(std::string_view id) const;
  bool empty() const { return byId_.empty(); }

private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  std::unordered_map<std::string, AccessKey, Hash, std::equal_to<>> byId_;
};

}  // namespace openfc::auth
