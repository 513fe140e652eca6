#pragma once

#include "auth/signer.h"
#include "http/message.h"

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>

namespace openfc::cli {

/// The server did not answer: exit status 4.
class Unreachable : public std::runtime_error {
public:
  /// `hint`: what to do about it.
  explicit Unreachable(const std::string& message, std::string hint = "")
      : std::runtime_error(message), hint_(std::move(hint)) {}
  const std::string& hint() const { return hint_; }

private:
  std::string hint_;
};

/// The server answered with an error: exit status 3.
class ApiError : public std::runtime_error {
public:
  ApiError(int status, std::string code, const std::string& message, std::string requestId)
      : std::runtime_error(message),
        status_(status),
        code_(std::move(code)),
        requestId_(std::move(requestId)) {}
  int status() const { return status_; }
  const std::string& code() const { return code_; }
  const std::string& requestId() const { return requestId_; }

private:
  int status_;
  std::string code_;
  std::string requestId_;
};

struct Settings {
  std::string endpoint = "http://127.0.0.1:8016";
  std::string accessKeyId;
  std::string accessKeySecret;
  std::string
      authority;  // PEM file of who may have signed the server's certificate; "" = the system's
};

/// Calls the API with signed requests, one after another. Not thread-safe.
class Client {
public:
  using Progress = std::function<void(std::uint64_t sent, std::uint64_t size)>;

  explicit Client(Settings settings);
  const Settings& settings() const { return settings_; }

  /// Signs and sends `request` (target: path and query) and waits for the answer, however long a
  /// function runs. Throws Unreachable.
  http::Response send(http::Request request, const Progress& progress = nullptr) const;
  /// The same; throws ApiError for a status of 400 and more.
  http::Response call(http::Request request, const Progress& progress = nullptr) const;
  /// Puts an object into a bucket that the server keeps, signed as clients of OSS sign. Throws
  /// Unreachable, ApiError.
  void putObject(const std::string& bucket, const std::string& object, std::string content,
                 const Progress& progress = nullptr) const;
  /// The headers that send() would add, for requests that somebody else sends.
  http::Request signedRequest(http::Request request) const;
  const auth::Signer& signer() const { return signer_; }

private:
  http::Response exchange(const http::Request& request, const Progress& progress) const;

  Settings settings_;
  auth::Signer signer_;
};

/// "/2016-08-15" and the segments, each percent-encoded.
std::string apiPath(std::initializer_list<std::string_view> segments);

}  // namespace openfc::cli
