#pragma once

// Private to this room: includes Asio.
#include "net/descriptor.h"
#include "net/stream.h"

namespace openfc::net {

/// A socket or pipe end as a stream.
class FdStream final : public Stream {
public:
  explicit FdStream(std::shared_ptr<Descriptor> descriptor) : descriptor_(std::move(descriptor)) {}
  ~FdStream() override { descriptor_->close(); }

  Task<std::size_t> read(std::span<char> buffer, SteadyTime deadline) override;
  Task<> write(std::span<const std::string_view> parts, SteadyTime deadline) override;
  std::size_t readNow(std::span<char> buffer) override { return tryRead(buffer).value_or(0); }
  std::optional<std::size_t> tryRead(std::span<char> buffer) override;
  void onReadable(Loop::Function function) override {
    descriptor_->onReadable(std::move(function));
  }
  void finishWriting() override;
  void close() override { descriptor_->close(); }

private:
  std::shared_ptr<Descriptor> descriptor_;
};

/// Throws the IoError that a wait which did not end in "ready" stands for.
void orThrow(Descriptor::Wake wake, std::string_view doing);

}  // namespace openfc::net
