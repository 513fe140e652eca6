#pragma once

#include <boost/json/fwd.hpp>
#include <boost/json/storage_ptr.hpp>

#include <cstddef>
#include <string_view>

namespace openfc::schema {

/// As parseJson() of json.h; the value lives in `memory`.
boost::json::value parseJson(std::string_view text, std::size_t maxDepth,
                             const boost::json::storage_ptr& memory);

}  // namespace openfc::schema
