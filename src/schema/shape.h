#pragma once

#include "schema/type.h"

#include <concepts>
#include <limits>
#include <span>
#include <utility>

namespace openfc::schema {

/// Where an operation's input or output travels.
enum class In { body, path, query, header };

/// How far the server makes a settable member real; printed as the list of capabilities.
enum class Support {
  enforced,  // it does what its documentation says
  emulated,  // it does something near to it on one's own machines
  recorded,  // it is checked, stored and returned, and changes nothing
};

/// What a text must look like: a function instead of a regular expression, and the expression to
/// show.
struct Pattern {
  bool (*matches)(std::string_view);
  std::string_view expression;
};

/// What gives the shape of a struct.
using ShapeOf = const Shape& (*)();

/// The rules of one member. Those of texts apply to each element of a list and each value of a map.
struct Rules {
  bool required = false;
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  double multipleOf = 0;
  std::size_t minLength = 0;                                        // bytes
  std::size_t maxLength = std::numeric_limits<std::size_t>::max();  // bytes
  std::size_t maxItems = std::numeric_limits<std::size_t>::max();   // of a list or map
  std::span<const std::string_view> oneOf;
  const Pattern* pattern = nullptr;
  const Pattern* keyPattern = nullptr;  // of a map's keys
  std::string_view label;               // stands in messages instead of the capitalised name
  std::string_view keyLabel;            // the same for a map's keys
  /// One more rule: what is wrong with this member, "" = nothing. Made by `checkedBy`.
  std::string (*check)(const void* member) = nullptr;
  std::span<const ShapeOf> variants;  // of a Json member: what it may be, for documents only
  bool readOnly = false;              // the server's: ignored from clients
  bool stored = false;                // kept in the store only, never on the wire
  bool writeOnly = false;             // null in answers
  bool secret = false;                // never in logs or error messages
  bool inlined = false;   // the members of this struct stand among the members of its owner
  bool omitNull = false;  // left out of JSON when there is no value, instead of null
  In in = In::body;
  Support support = Support::enforced;
  std::string_view supportNote;  // a sentence; "" = the documentation says it
};

/// One member of a struct: the row that reading, checking, writing, documents and flags walk.
struct Field {
  std::string_view name;  // on the wire: a promise to clients
  std::string_view doc;
  Rules rules;
  const Type* type = nullptr;
  void* (*member)(void* object) = nullptr;

  const void* memberOf(const void* object) const { return member(const_cast<void*>(object)); }
};

/// A struct: its name and its rows in order.
struct Shape {
  std::string_view name;
  std::span<const Field> fields;
  /// Shows a default-made object to `visitor`.
  void (*defaults)(const std::function<void(const void*)>& visitor) = nullptr;
};

namespace detail {

template <class Pointer>
struct Member;
template <class Owner, class Value>
struct Member<Value Owner::*> {
  using owner = Owner;
  using value = Value;
};

template <class Function>
struct OnlyArgument;
template <class Result, class Argument>
struct OnlyArgument<Result (*)(const Argument&)> {
  using type = Argument;
};
template <class Result, class Argument>
struct OnlyArgument<Result (*)(Argument)> {
  using type = Argument;
};

/// Converts to anything: used to count the members of an aggregate.
struct Anything {
  template <class T>
  operator T() const& {  // NOLINT(google-explicit-constructor): converting is what it is for
    throw "never called";
  }
};

template <class T, std::size_t... i>
constexpr bool takes(std::index_sequence<i...>) {
  return requires { T{((void)i, Anything{})...}; };
}

template <class T, std::size_t n = 0>
consteval std::size_t memberCount() {
  if constexpr (takes<T>(std::make_index_sequence<n + 1>())) {
    return memberCount<T, n + 1>();
  } else {
    return n;
  }
}

consteval bool namesDiffer(std::span<const Field> fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    for (std::size_t j = i + 1; j < fields.size(); ++j) {
      if (fields[i].name == fields[j].name) return false;
    }
  }
  return true;
}

}  // namespace detail

/// The row of one member: `field<&Service::role>("role", "ARN of …", {.maxLength = 256})`.
template <auto member>
consteval Field field(std::string_view name, std::string_view doc, Rules rules = {}) {
  using M = detail::Member<decltype(member)>;
  return {name, doc, rules, &typeOf<typename M::value>, [](void* object) -> void* {
            return &(static_cast<typename M::owner*>(object)->*member);
          }};
}

/// A rule of one's own as a row holds it: `.check = checkedBy<&memoryProblem>`, with
/// `std::string memoryProblem(int megabytes)`. For an optional member it sees the value, never
/// nothing.
template <auto function>
inline constexpr auto checkedBy = +[](const void* member) -> std::string {
  return function(
      *static_cast<const typename detail::OnlyArgument<decltype(function)>::type*>(member));
};

/// The shape of T. A member without a row does not compile.
template <class T, std::size_t n>
consteval Shape shape(std::string_view name, const Field (&fields)[n]) {
  static_assert(n == detail::memberCount<T>(), "every member of the struct needs one row");
  if (!detail::namesDiffer(fields)) throw "two rows have the same name";
  return {name, fields, [](const std::function<void(const void*)>& visitor) {
            const T value{};
            visitor(&value);
          }};
}

/// The shape of a struct without members.
template <class T>
consteval Shape shape(std::string_view name) {
  static_assert(std::is_empty_v<T>, "every member of the struct needs one row");
  return {name, {}, [](const std::function<void(const void*)>& visitor) {
            const T value{};
            visitor(&value);
          }};
}

template <class T>
const Shape& shapeFor() {
  return detail::shapeOfType<T>();
}

/// Copies the members of `present` from one object of this shape to another.
void copyPresent(const Shape& shape, const std::vector<const Field*>& present, const void* from,
                 void* to);

template <class T>
void Partial<T>::applyTo(T& target) const {
  copyPresent(shapeFor<T>(), present, &value, &target);
}

}  // namespace openfc::schema
