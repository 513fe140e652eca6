#pragma once

#include "base/clock.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace openfc::schema {

struct Field;
struct Shape;

enum class Kind {
  boolean,
  integer,
  number,
  text,
  time,
  list,
  map,
  optional,
  object,
  partial,
  json
};

/// Any JSON value, as its text: what another declaration describes, or what is the client's own.
struct Json {
  std::string text = "null";
  bool operator==(const Json&) const = default;
};

/// What reading and writing need to know of one C++ type, without its name: the functions take the
/// member's address. Only those that the kind has are set.
struct Type {
  Kind kind = Kind::text;
  std::int64_t lowest = 0;            // integer
  std::int64_t highest = 0;           // integer
  const Type* element = nullptr;      // list, map, optional
  const Shape& (*shape)() = nullptr;  // object, partial
  std::int64_t (*integer)(const void*) = nullptr;
  void (*setInteger)(void*, std::int64_t) = nullptr;
  std::size_t (*size)(const void*) = nullptr;             // list, map, optional (0 or 1)
  const void* (*at)(const void*, std::size_t) = nullptr;  // list, optional
  void* (*append)(void*) = nullptr;                       // list; optional: takes a default value
  void* (*insert)(void*, std::string_view) = nullptr;     // map
  void (*visit)(const void*,
                const std::function<void(const std::string&, const void*)>&) = nullptr;  // map
  void (*clear)(void*) = nullptr;  // list, map, optional
  void (*assign)(void*, const void*) = nullptr;
  void* (*partialValue)(void*) = nullptr;                         // partial
  std::vector<const Field*>& (*partialPresent)(void*) = nullptr;  // partial
};

/// A checked part of a T, as an update brings it: `value` holds only what `present` names.
template <class T>
struct Partial {
  T value{};
  std::vector<const Field*> present;

  /// Copies the present members; nested objects, lists and maps are replaced whole.
  void applyTo(T& target) const;
  bool operator==(const Partial&) const = default;
};

template <class T>
consteval Type makeType();
/// The one description of T.
template <class T>
inline constexpr Type typeOf = makeType<T>();

namespace detail {

template <class T>
inline constexpr bool isPartial = false;
template <class T>
inline constexpr bool isPartial<Partial<T>> = true;
template <class T>
inline constexpr bool isList = false;
template <class T>
inline constexpr bool isList<std::vector<T>> = true;
template <class T>
inline constexpr bool isMap = false;
template <class T>
inline constexpr bool isMap<std::map<std::string, T>> = true;
template <class T>
inline constexpr bool isOptional = false;
template <class T>
inline constexpr bool isOptional<std::optional<T>> = true;

template <class T>
const Shape& shapeOfType() {
  return shapeOf(static_cast<const T*>(nullptr));
}

template <class T>
T& as(void* member) {
  return *static_cast<T*>(member);
}
template <class T>
const T& as(const void* member) {
  return *static_cast<const T*>(member);
}

template <class T>
consteval void describeInteger(Type& type) {
  type.kind = Kind::integer;
  type.lowest = std::numeric_limits<T>::min();
  type.highest = std::numeric_limits<T>::max();
  type.integer = [](const void* member) { return static_cast<std::int64_t>(as<T>(member)); };
  type.setInteger = [](void* member, std::int64_t value) { as<T>(member) = static_cast<T>(value); };
}

template <class T>
consteval void describeList(Type& type) {
  type.kind = Kind::list;
  type.element = &typeOf<typename T::value_type>;
  type.size = [](const void* member) { return as<T>(member).size(); };
  type.at = [](const void* member, std::size_t i) -> const void* { return &as<T>(member)[i]; };
  type.append = [](void* member) -> void* { return &as<T>(member).emplace_back(); };
  type.clear = [](void* member) { as<T>(member).clear(); };
}

template <class T>
consteval void describeMap(Type& type) {
  type.kind = Kind::map;
  type.element = &typeOf<typename T::mapped_type>;
  type.size = [](const void* member) { return as<T>(member).size(); };
  type.insert = [](void* member, std::string_view key) -> void* {
    return &as<T>(member)[std::string(key)];
  };
  type.visit = [](const void* member,
                  const std::function<void(const std::string&, const void*)>& visitor) {
    for (const auto& [key, value] : as<T>(member)) visitor(key, &value);
  };
  type.clear = [](void* member) { as<T>(member).clear(); };
}

template <class T>
consteval void describeOptional(Type& type) {
  type.kind = Kind::optional;
  type.element = &typeOf<typename T::value_type>;
  type.size = [](const void* member) -> std::size_t { return as<T>(member).has_value() ? 1 : 0; };
  type.at = [](const void* member, std::size_t) -> const void* { return &*as<T>(member); };
  type.append = [](void* member) -> void* { return &as<T>(member).emplace(); };
  type.clear = [](void* member) { as<T>(member).reset(); };
}

template <class T>
consteval void describePartial(Type& type) {
  type.kind = Kind::partial;
  type.shape = &shapeOfType<decltype(T::value)>;
  type.partialValue = [](void* member) -> void* { return &as<T>(member).value; };
  type.partialPresent = [](void* member) -> std::vector<const Field*>& {
    return as<T>(member).present;
  };
}

}  // namespace detail

template <class T>
consteval Type makeType() {
  Type type;
  type.assign = [](void* to, const void* from) { detail::as<T>(to) = detail::as<T>(from); };
  if constexpr (std::is_same_v<T, bool>) {
    type.kind = Kind::boolean;
  } else if constexpr (std::is_integral_v<T>) {
    static_assert(std::is_signed_v<T>, "integers of a shape are signed");
    detail::describeInteger<T>(type);
  } else if constexpr (std::is_same_v<T, double>) {
    type.kind = Kind::number;
  } else if constexpr (std::is_same_v<T, std::string>) {
    type.kind = Kind::text;
  } else if constexpr (std::is_same_v<T, Time>) {
    type.kind = Kind::time;
  } else if constexpr (std::is_same_v<T, Json>) {
    type.kind = Kind::json;
  } else if constexpr (detail::isList<T>) {
    detail::describeList<T>(type);
  } else if constexpr (detail::isMap<T>) {
    detail::describeMap<T>(type);
  } else if constexpr (detail::isOptional<T>) {
    detail::describeOptional<T>(type);
  } else if constexpr (detail::isPartial<T>) {
    detail::describePartial<T>(type);
  } else {
    type.kind = Kind::object;
    type.shape = &detail::shapeOfType<T>;
  }
  return type;
}

}  // namespace openfc::schema
