// The framed protocol: whatever a guest writes, in whatever pieces it arrives, the reader gives the
// same frames and the same verdict as a plain reading of the whole. The planted bug believes that a
// frame's payload always comes with its header.

#include "runtime/frame.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

using namespace openfc;  // NOLINT(google-build-using-namespace): a program of one file

constexpr std::size_t limit = 100'000;

void demand(bool condition) {
  if (!condition) std::abort();
}

struct Seen {
  std::vector<runtime::Frame> frames;
  bool refused = false;
};

/// Pieces of the sizes that `cuts` names, in turn.
Seen readInPieces(std::string_view bytes, std::string_view cuts) {
  runtime::FrameReader reader(limit);
  Seen seen;
  std::size_t turn = 0;
  while (!bytes.empty()) {
    const auto space = reader.space();
    demand(!space.empty());
    demand(space.size() <= 2 * limit);
    const std::size_t step =
        cuts.empty() ? bytes.size() : 1 + static_cast<unsigned char>(cuts[turn++ % cuts.size()]);
    const std::size_t count = std::min({space.size(), step, bytes.size()});
    std::copy_n(bytes.begin(), count, space.begin());
    bytes.remove_prefix(count);
    reader.received(count);
    while (true) {
      auto frame = reader.next();
      seen.refused = !frame.has_value();
      if (seen.refused) return seen;
      if (!*frame) break;
      seen.frames.push_back(std::move(**frame));
    }
  }
  return seen;
}

std::uint32_t numberAt(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

/// The rules of docs/runtime-protocol.md, once more and without pieces.
Seen readPlainly(std::string_view bytes) {
  Seen seen;
  while (bytes.size() >= runtime::frameHeaderSize) {
    const std::size_t length = numberAt(bytes);
    const int type = static_cast<unsigned char>(bytes[4]);
    const int flags = static_cast<unsigned char>(bytes[5]);
    const std::uint32_t stream = numberAt(bytes.substr(8));
    const bool known = type >= 16 && type <= 18;
    const bool clean = bytes[6] == 0 && bytes[7] == 0 && flags <= (type == 18 ? 3 : 0);
    const bool placed = type == 16 ? stream == 0 && length == 0 : stream != 0;
    seen.refused = !known || !clean || !placed || length > limit;
    if (seen.refused) return seen;
    bytes.remove_prefix(runtime::frameHeaderSize);
#ifdef OPENFC_PLANTED_BUG
    demand(length <= bytes.size());
#endif
    if (bytes.size() < length) return seen;
    seen.frames.push_back({.type = static_cast<runtime::FrameType>(type),
                           .flags = static_cast<std::uint8_t>(flags),
                           .stream = stream,
                           .payload = std::string(bytes.substr(0, length))});
    bytes.remove_prefix(length);
  }
  return seen;
}

}  // namespace

/// Input: how many cuts (one byte), the cuts, and what the guest writes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) return 0;
  const std::size_t cuts = std::min<std::size_t>(data[0] % 8, size - 1);
  const std::string_view bytes = input.substr(1 + cuts);

  const Seen pieces = readInPieces(bytes, input.substr(1, cuts));
  const Seen plain = readPlainly(bytes);

  demand(pieces.refused == plain.refused);
  demand(pieces.frames.size() == plain.frames.size());
  for (std::size_t i = 0; i < plain.frames.size(); ++i) {
    demand(pieces.frames[i].type == plain.frames[i].type);
    demand(pieces.frames[i].flags == plain.frames[i].flags);
    demand(pieces.frames[i].stream == plain.frames[i].stream);
    demand(pieces.frames[i].payload == plain.frames[i].payload);
  }
  return 0;
}
