#include "net/tls.h"

#include "net/fd_stream.h"

#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace openfc::net {

struct TlsContext::Impl {
  struct Free {
    void operator()(SSL_CTX* made) const { SSL_CTX_free(made); }
  };
  std::unique_ptr<SSL_CTX, Free> context;
};

namespace {

struct FreeSession {
  void operator()(SSL* session) const { SSL_free(session); }
};

std::string lastReason() {
  const unsigned long error = ERR_get_error();
  const char* reason = ERR_reason_error_string(error);
  ERR_clear_error();
  return reason == nullptr ? "unknown reason" : reason;
}

/// HTTP/1.1 is all that is spoken here; a client that offers only something else learns it in the
/// handshake.
int chooseProtocol(SSL*, const unsigned char** chosen, unsigned char* size,
                   const unsigned char* offered, unsigned offeredSize, void*) {
  static constexpr unsigned char http11[] = "\x08http/1.1";
  unsigned char* match = nullptr;
  const int result =
      SSL_select_next_proto(&match, size, http11, sizeof http11 - 1, offered, offeredSize);
  *chosen = match;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// The descriptor and the session on it, shared by the stream and its waiting coroutines.
struct Session {
  std::shared_ptr<Descriptor> descriptor;
  std::unique_ptr<SSL, FreeSession> ssl;
};

enum class Next { retry, ended };

/// What an unsuccessful SSL call wants; waits for it.
Task<Next> follow(std::shared_ptr<Session> session, int reason, SteadyTime deadline) {
  Descriptor& descriptor = *session->descriptor;
  switch (reason) {
    case SSL_ERROR_WANT_READ:
      orThrow(co_await descriptor.until(Descriptor::Side::read, deadline), "read from TLS");
      co_return Next::retry;
    case SSL_ERROR_WANT_WRITE:
      orThrow(co_await descriptor.until(Descriptor::Side::write, deadline), "write to TLS");
      co_return Next::retry;
    case SSL_ERROR_ZERO_RETURN:
      co_return Next::ended;
    default:
      throw IoError(Failure::reset, "TLS failed: " + lastReason());
  }
}

int readOnce(Session& session, std::span<char> buffer, std::size_t& count) {
  ERR_clear_error();
  const int result = SSL_read_ex(session.ssl.get(), buffer.data(), buffer.size(), &count);
  return result == 1 ? SSL_ERROR_NONE : SSL_get_error(session.ssl.get(), result);
}

Task<std::size_t> readFrom(std::shared_ptr<Session> session, std::span<char> buffer,
                           SteadyTime deadline) {
  while (true) {
    if (!session->descriptor->isOpen()) throw IoError(Failure::closed, "read from closed TLS");
    std::size_t count = 0;
    const int reason = readOnce(*session, buffer, count);
    if (reason == SSL_ERROR_NONE) co_return count;
    if (co_await follow(session, reason, deadline) == Next::ended) co_return 0;
  }
}

Task<> writeTo(std::shared_ptr<Session> session, std::span<const std::string_view> parts,
               SteadyTime deadline) {
  // One record for a head and its small body instead of two.
  std::string joined;
  for (const std::string_view part : parts) joined += part;
  std::string_view rest = joined;
  while (!rest.empty()) {
    if (!session->descriptor->isOpen()) throw IoError(Failure::closed, "write to closed TLS");
    ERR_clear_error();
    std::size_t count = 0;
    const int result = SSL_write_ex(session->ssl.get(), rest.data(), rest.size(), &count);
    if (result == 1) {
      rest.remove_prefix(count);
      continue;
    }
    const int reason = SSL_get_error(session->ssl.get(), result);
    if (co_await follow(session, reason, deadline) == Next::ended) {
      throw IoError(Failure::reset, "write to TLS: the peer ended it");
    }
  }
}

class TlsStream final : public Stream {
public:
  explicit TlsStream(std::shared_ptr<Session> session) : session_(std::move(session)) {}
  ~TlsStream() override { close(); }

  Task<std::size_t> read(std::span<char> buffer, SteadyTime deadline) override {
    return readFrom(session_, buffer, deadline);
  }
  Task<> write(std::span<const std::string_view> parts, SteadyTime deadline) override {
    return writeTo(session_, parts, deadline);
  }
  std::size_t readNow(std::span<char> buffer) override { return tryRead(buffer).value_or(0); }
  std::optional<std::size_t> tryRead(std::span<char> buffer) override;
  void onReadable(Loop::Function function) override {
    session_->descriptor->onReadable(std::move(function));
  }
  void finishWriting() override;
  void close() override { session_->descriptor->close(); }

private:
  std::shared_ptr<Session> session_;
};

std::optional<std::size_t> TlsStream::tryRead(std::span<char> buffer) {
  if (!session_->descriptor->isOpen()) return 0;
  std::size_t count = 0;
  const int reason = readOnce(*session_, buffer, count);
  if (reason == SSL_ERROR_NONE) return count;
  if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE) return std::nullopt;
  return 0;
}

void TlsStream::finishWriting() {
  if (!session_->descriptor->isOpen()) return;
  ERR_clear_error();
  if (SSL_is_init_finished(session_->ssl.get()) == 1) SSL_shutdown(session_->ssl.get());
}

std::shared_ptr<TlsContext::Impl> emptyContext() {
  auto impl = std::make_shared<TlsContext::Impl>();
  impl->context.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = impl->context.get();
  if (context == nullptr) throw std::runtime_error("set up TLS: " + lastReason());
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context, chooseProtocol, nullptr);
  return impl;
}

struct FreePem {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

std::unique_ptr<BIO, FreePem> reading(const std::string& text) {
  return std::unique_ptr<BIO, FreePem>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

}  // namespace

TlsContext::TlsContext(const TlsText& text) {
  auto impl = emptyContext();
  const std::unique_ptr<X509, FreePem> certificate(
      PEM_read_bio_X509(reading(text.certificate).get(), nullptr, nullptr, nullptr));
  const std::unique_ptr<EVP_PKEY, FreePem> key(
      PEM_read_bio_PrivateKey(reading(text.privateKey).get(), nullptr, nullptr, nullptr));
  SSL_CTX* context = impl->context.get();
  if (!certificate || !key || SSL_CTX_use_certificate(context, certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    throw std::runtime_error("use a certificate: " + lastReason());
  }
  impl_ = std::move(impl);
}

TlsContext::TlsContext(const std::string& certificateFile, const std::string& privateKeyFile) {
  auto impl = emptyContext();
  SSL_CTX* context = impl->context.get();
  if (SSL_CTX_use_certificate_chain_file(context, certificateFile.c_str()) != 1) {
    throw std::runtime_error(fmt::format("read certificate {}: {}", certificateFile, lastReason()));
  }
  if (SSL_CTX_use_PrivateKey_file(context, privateKeyFile.c_str(), SSL_FILETYPE_PEM) != 1) {
    throw std::runtime_error(fmt::format("read private key {}: {}", privateKeyFile, lastReason()));
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    throw std::runtime_error(fmt::format("private key {} does not belong to certificate {}",
                                         privateKeyFile, certificateFile));
  }
  impl_ = std::move(impl);
}

std::unique_ptr<Stream> TlsContext::accept(EventLoop& loop, Fd socket) const {
  auto session = std::make_shared<Session>();
  session->ssl.reset(SSL_new(impl_->context.get()));
  if (!session->ssl) throw std::runtime_error("start TLS: " + lastReason());
  SSL_set_fd(session->ssl.get(), socket.get());
  SSL_set_accept_state(session->ssl.get());
  session->descriptor = std::make_shared<Descriptor>(loop, std::move(socket));
  return std::make_unique<TlsStream>(std::move(session));
}

}  // namespace openfc::net
