#pragma once

#include "schema/shape.h"

#include <boost/json/fwd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace openfc::schema {

/// Who wrote the JSON.
enum class Source {
  client,         // rules apply; read-only and stored members and unknown names are ignored
  configuration,  // rules apply; an unknown name is a problem
  store,          // written by write() before: taken as it is
};

/// Collects what is wrong with an input, so that all of it is told at once.
class Problems {
public:
  void add(std::string problem);
  bool empty() const { return count_ == 0; }
  /// All problems in one text, "; " between them. Beyond twenty only their number is told.
  std::string text() const;
  /// Throws Error{invalidArgument} when there are any.
  void throwIfAny() const;

private:
  std::vector<std::string> problems_;
  std::size_t count_ = 0;
};

/// Where the values of path, query and header rows come from; nothing = absent.
using Parameters = std::function<std::optional<std::string>(In in, std::string_view name)>;

/// Reads the body rows of `shape` from a JSON object into `object`.
void readBody(const Shape& shape, void* object, const boost::json::value& body, Source source,
              Problems& problems);
/// Reads the path, query and header rows. An empty value counts as absent.
void readParameters(const Shape& shape, void* object, const Parameters& parameters,
                    Problems& problems);
/// Sets one member from a text (a command-line flag, an environment variable): lists are given as
/// JSON or separated by commas, objects and maps as JSON. Rules apply.
void readText(const Field& field, void* object, std::string_view text, Problems& problems);

/// A T from JSON. Throws Error{invalidArgument} with all problems; for Source::store
/// std::runtime_error.
template <class T>
T read(const boost::json::value& value, Source source = Source::client);

/// The same from JSON text.
template <class T>
T fromText(std::string_view text, Source source = Source::client);

namespace detail {
void readOrThrow(const Shape& shape, void* object, const boost::json::value& value, Source source);
void readPart(const Shape& shape, void* value, std::vector<const Field*>& present,
              const boost::json::value& body, Problems& problems);
void readTextOrThrow(const Shape& shape, void* object, std::string_view text, Source source);
}  // namespace detail

template <class T>
T read(const boost::json::value& value, Source source) {
  T object{};
  detail::readOrThrow(shapeFor<T>(), &object, value, source);
  return object;
}

template <class T>
T fromText(std::string_view text, Source source) {
  T object{};
  detail::readTextOrThrow(shapeFor<T>(), &object, text, source);
  return object;
}

/// What a client's JSON object changes of a T: absent and null members are not in it, required ones
/// too.
template <class T>
Partial<T> readPartial(const boost::json::value& body, Problems& problems) {
  Partial<T> part;
  detail::readPart(shapeFor<T>(), &part.value, part.present, body, problems);
  return part;
}

}  // namespace openfc::schema
