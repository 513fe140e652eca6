#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The messages between the server and the launcher (docs/launcher-protocol.md). Pure functions;
/// one packet is one message. What comes from the server is ids, digests and numbers, never a path
/// of the machine.
namespace openfc::sandbox::launcher {

/// 64 lower-case hex digits; on the wire 32 bytes.
using Digest = std::string;

constexpr std::size_t digestBytes = 32;
constexpr std::size_t maximumLayers = 16;
constexpr std::size_t maximumShares = 5;
constexpr std::size_t maximumPath = 512;  // bytes, of a share's place and of what is below it
constexpr std::size_t maximumMessage = 8192;

/// Instead of a user or group of a share: whoever owns the directory.
constexpr std::uint32_t ownerOfDirectory = 0xffffffff;
/// Where shares may appear in a sandbox: at these directories or below them.
constexpr std::string_view mountTops[] = {"/mnt", "/home", "/data"};
/// Private networks have the numbers 0 to this - 1.
constexpr unsigned maximumPrivateNetworks = 31;

/// One directory of the launcher's table, shown to the function.
struct ShareMount {
  std::uint16_t share = 0;  // its number in the table
  std::string below;        // "" = all of it; "a/b" = that directory in it, reached by no link
  std::string place;        // "/mnt/x"
  std::uint32_t user = ownerOfDirectory;  // who owns on the share what the function makes
  std::uint32_t group = ownerOfDirectory;

  bool operator==(const ShareMount&) const = default;
};

struct CreateRequest {
  bool internet = false;
};
struct AdoptRequest {
  std::uint32_t id = 0;
  std::optional<Digest> code;
  std::vector<Digest> layers;  // lowest priority first
  std::uint64_t memory = 0;
  std::uint64_t tmpSize = 0;
  std::vector<ShareMount> shares;
  std::uint32_t privateNetworks = 0;  // bit n: number n of the launcher's table can be reached
  bool onlyPrivate = false;           // … and nothing else
};
struct SocketRequest {
  std::uint32_t id = 0;
};
struct DestroyRequest {
  std::uint32_t id = 0;
};

/// A copy of a zygote becomes the sandbox's program. Only before the adoption.
struct ForkRequest {
  std::uint32_t id = 0;
  std::uint8_t zygote = 0;  // its number in the launcher's table
};

/// One more program in a sandbox that was adopted; init's start message says which.
struct VisitRequest {
  std::uint32_t id = 0;
  bool terminal = false;  // instead of three pipes
};
struct DismissRequest {
  std::uint32_t visit = 0;
};

struct Request {
  std::uint32_t sequence = 0;  // the reply carries it; 0 = no reply is wanted
  std::variant<CreateRequest, AdoptRequest, SocketRequest, DestroyRequest, ForkRequest,
               VisitRequest, DismissRequest>
      body;
};

/// The descriptors that come with Created, in this order; those of which the mask has no bit are
/// left out.
enum class File : std::uint8_t { control, output, freeze, kill, usage, peak };
constexpr std::size_t fileCount = 6;

/// The launcher is set up; sent once, before anything else. With two descriptors, or none: the
/// listening sockets on which sandboxes reach the server, for HTTP and for TLS.
struct Ready {
  std::vector<std::string> shortcomings;
};
struct Created {
  std::uint32_t id = 0;
  std::uint32_t uid = 0;
  std::uint8_t files = 0;  // bit n: File n is there
};
struct Done {};
/// Answers an adoption.
struct Adopted {
  std::uint64_t shared = 0;  // bytes that the program has in memory, charged to others
};
struct Failed {
  std::string reason;
};
/// The function's configuration asks for what cannot be had.
struct Refused {
  std::string reason;
};
/// Sent unasked (sequence 0) when a sandbox's init was reaped.
struct Ended {
  std::uint32_t id = 0;
  std::int32_t status = 0;
  bool oom = false;
};

/// With it come the control socket, and the terminal or the ends of input, output and error.
struct Visiting {
  std::uint32_t visit = 0;
};
/// Sent unasked (sequence 0) when a visit's program has ended.
struct VisitEnded {
  std::uint32_t visit = 0;
  std::int32_t status = 0;
};

struct Reply {
  std::uint32_t sequence = 0;
  std::variant<Ready, Created, Done, Failed, Ended, Refused, Adopted, Visiting, VisitEnded> body;
};

std::string encode(const Request& request);
std::string encode(const Reply& reply);
/// The value, or what is wrong with the bytes.
std::expected<Request, std::string> decodeRequest(std::span<const std::byte> bytes);
std::expected<Reply, std::string> decodeReply(std::span<const std::byte> bytes);

}  // namespace openfc::sandbox::launcher
