#pragma once

#include "observe/function_logs.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace openfc::observe {

/// The bytes of one record in a segment file: u32 length, u32 CRC-32 of the rest, cursor, time,
/// lengths, texts. The version stands last among the lengths and first among the texts, and only
/// when it is not LATEST: the highest bit of the first length tells.
void encode(std::string& out, const LogRecord& record);

/// Calls `visit` for each undamaged record of `bytes`, in order, until it answers false. Returns
/// how many bytes at the end could not be read (a torn or damaged tail); what follows damage is not
/// looked at.
std::size_t decode(std::string_view bytes, const std::function<bool(LogRecord)>& visit);

}  // namespace openfc::observe
