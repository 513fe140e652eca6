#include "http/file_body.h"

#include "base/check.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace openfc::http {

FileBody::FileBody(Fd file, Loop& loop, Workers& workers, std::string account)
    : FileBody(std::move(file), 0, 0, loop, workers, std::move(account)) {
  struct stat status{};
  check(::fstat(file_.get(), &status), "tell the size of a file");
  length_ = static_cast<std::uint64_t>(status.st_size);
}

FileBody::FileBody(Fd file, std::uint64_t begin, std::uint64_t length, Loop& loop, Workers& workers,
                   std::string account)
    : file_(std::move(file)),
      loop_(loop),
      workers_(workers),
      account_(std::move(account)),
      begin_(begin),
      length_(length) {}

Task<std::string> FileBody::next() {
  if (sent_ == length_) co_return std::string();
  std::string bytes =
      co_await workers_.run(Lane::objects, account_, loop_, [this] { return read(); });
  sent_ += bytes.size();
  co_return bytes;
}

std::string FileBody::read() {
  std::string bytes(std::min(pieceSize, length_ - sent_), '\0');
  const long count =
      check(::pread(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(begin_ + sent_)),
            "read a file");
  if (count == 0) throw std::runtime_error("read a file: it has become shorter");
  bytes.resize(static_cast<std::size_t>(count));
  return bytes;
}

}  // namespace openfc::http
