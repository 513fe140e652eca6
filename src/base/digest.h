#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace openfc {

/// The MD5 of bytes that come in pieces. Belongs to one thread at a time.
class Md5 {
public:
  Md5();
  Md5(Md5&&) noexcept;
  Md5& operator=(Md5&&) noexcept;
  ~Md5();

  void add(std::string_view bytes);
  /// The 16 bytes of the digest; once, after the last add().
  std::string finish();

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace openfc
