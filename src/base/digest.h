#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace openfc {

/// The digest of bytes that come in pieces. Belongs to one thread at a time.
class Digest {
public:
  enum class Kind { md5, sha256 };

  explicit Digest(Kind kind);
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;
  ~Digest();

  void add(std::string_view bytes);
  /// The 16 or 32 bytes of the digest; once, after the last add().
  std::string finish();

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace openfc
