#pragma once

#include "base/clock.h"

#include <optional>
#include <string>
#include <string_view>

namespace openfc {

/// "2022-03-01T08:00:00Z", the form of every date in JSON (api-spec 1.12).
std::string toIso(Time time);
/// The same with milliseconds, for logs: "2022-03-01T08:00:00.123Z".
std::string toIsoMillis(Time time);
/// Accepts "…Z", "….000Z" and "….000+0000" (api-spec G-16). Nothing: it is no date, or none that
/// Time can hold (those from 1678 to 2261 it can).
std::optional<Time> fromIso(std::string_view text);

/// "Mon, 09 Nov 2020 09:46:33 GMT", the form of the Date header.
std::string toHttpDate(Time time);
std::optional<Time> fromHttpDate(std::string_view text);

}  // namespace openfc
