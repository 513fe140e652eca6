#pragma once

#include <boost/json/fwd.hpp>

#include <string_view>

namespace openfc::schema {

/// The member that reading takes for a row of this name: the one exactly so written, else the first
/// that differs in case only. Null: there is none.
const boost::json::value* findMember(const boost::json::object& object, std::string_view name);

}  // namespace openfc::schema
