#pragma once

/// Whom programs in sandboxes trust, as the launcher shows it to them.
namespace openfc::sandbox {

/// The certificate of the server's own authority, when there is one.
constexpr const char* authorityFile = "/etc/openfc/authority.pem";
/// The authorities that the host trusts, and that one; when the host has this file.
constexpr const char* authoritiesFile = "/etc/ssl/certs/ca-certificates.crt";

}  // namespace openfc::sandbox
