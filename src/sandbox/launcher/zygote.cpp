#include "sandbox/launcher/zygote.h"

#include "base/check.h"
#include "sandbox/launcher/mount_calls.h"
#include "sandbox/launcher/pairs.h"
#include "sandbox/launcher/root_tree.h"
#include "sandbox/packet_socket.h"
#include "sandbox/pidfd.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

namespace openfc::sandbox::launcher {
namespace {

constexpr auto longestUse = std::chrono::minutes(30);
constexpr std::size_t longestSaying = 4096;

std::string settingsOf(const ZygoteWorld& world) {
  if (world.filter.size() > zygote::longestFilter)
    throw std::runtime_error("the seccomp filter is too long for a zygote");
  const zygote::Settings settings{.defences = world.defences,
                                  .files = world.files,
                                  .filterLength = static_cast<std::uint32_t>(world.filter.size())};
  std::string bytes(sizeof(settings) + world.filter.size_bytes(), '\0');
  std::memcpy(bytes.data(), &settings, sizeof(settings));
  std::memcpy(bytes.data() + sizeof(settings), world.filter.data(), world.filter.size_bytes());
  return bytes;
}

std::vector<const char*> pointersTo(std::span<const std::string> texts) {
  std::vector<const char*> pointers;
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Zygote::Zygote(ZygoteProgram program, const std::string& groupName, const ZygoteWorld& world)
    : group_(world.layout, groupName, world.defences), mostCopies_(world.mostCopies) {
  program.environment.push_back(fmt::format("LD_PRELOAD={}", zygoteLibraryPath));
  program.environment.emplace_back("OPENFC_ZYGOTE=1");
  texts_ = std::move(program.arguments);
  const std::size_t arguments = texts_.size();
  texts_.insert(texts_.end(), program.environment.begin(), program.environment.end());
  arguments_ = pointersTo(std::span(texts_).first(arguments));
  environment_ = pointersTo(std::span(texts_).subspan(arguments));
  Pair control = packetPair();
  Pair output = outputPipe();
  const BirthPlan plan{.defences = world.defences,
                       .entrances = group_.entrances(),
                       .filter = world.own,
                       .control = control.theirs.get(),
                       .output = output.theirs.get(),
                       .null = world.null,
                       .launcher = world.launcher,
                       .program = arguments_.front(),
                       .arguments = arguments_.data(),
                       .environment = environment_.data()};
  socket_ = std::move(control.ours);
  output_ = std::move(output.ours);
  sendPacket(socket_.get(), settingsOf(world), {}, Wait::no);
  const MountVisit visit(world.tree, world.home);
  birth_ = std::make_unique<Birth>(Life::zygote, plan, Stack());
}

Zygote::~Zygote() {
  birth_.reset();
  if (process_.pidfd) endChild(process_.pidfd.get());
}

void Zygote::forget() {
  if (birth_) birth_->forget();
  process_.pidfd.reset();
}

void Zygote::finishBirth() {
  const std::unique_ptr<Birth> birth = std::move(birth_);
  group_.closeEntrances();
  process_ = birth->finish();
}

void Zygote::copyInto(const CopyPlace& place) {
  const zygote::CopyOrder order{.id = place.id, .user = place.user};
  std::vector<int> descriptors{place.init, place.control, place.output};
  for (const Fd& entrance : place.entrances) descriptors.push_back(entrance.get());
  const std::string_view bytes(reinterpret_cast<const char*>(&order), sizeof(order));
  if (!sendPacket(socket_.get(), bytes, descriptors, Wait::no))
    throw std::runtime_error("the zygote has too many orders");
  ++copies_;
}

std::optional<Zygote::Heard> Zygote::hear() {
  auto packet = receivePacket(socket_.get(), Wait::no);
  if (!packet) return std::nullopt;
  Heard heard;
  if (packet->bytes.size() != sizeof(heard.report)) {
    gone_ = true;
    return std::nullopt;
  }
  std::memcpy(&heard.report, packet->bytes.data(), sizeof(heard.report));
  heard.report.step[sizeof(heard.report.step) - 1] = '\0';
  if (!packet->descriptors.empty()) heard.copy = std::move(packet->descriptors.front());
  ready_ = ready_ || heard.report.said == zygote::Said::ready;
  return heard;
}

bool Zygote::worn() const {
  return copies_ >= mostCopies_ || std::chrono::steady_clock::now() - begun_ > longestUse;
}

std::string Zygote::said() {
  std::array<char, longestSaying> buffer;
  const ssize_t size = ::read(output_.get(), buffer.data(), buffer.size());
  return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

}  // namespace openfc::sandbox::launcher
